/* file_key_pack.h — for file_key*.c alone: the two numbers a file is looked up by. */
#pragma once
#include "community/file_key.h"

FileKey file_key_of(const TorrentFile *file, Arena *arena); /* whatever its size */
bool file_key_has_root(const FileKey *key);
uint64_t file_key_root_number(const FileKey *key);
