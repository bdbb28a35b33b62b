/* key_file.h — a secret of this process that outlives it: random bytes in a file of its own, mode
 * 0600, made when it is not there. One that others could read, or of another length, is replaced,
 * and the log says so. */
#pragma once
#include "base/error.h"

enum { KEY_FILE_BYTES_MAX = 64 };

MUST_USE Error key_file_open(const char *path, void *ret_key, size_t len);
