/* random.h — unpredictable bytes from the kernel (libsodium). Never fails once random_start has
 * run. */
#pragma once
#include "base/str.h"

bool random_start(void); /* once, before any thread; false when the system gives no randomness */
void random_bytes(void *ret_bytes, size_t len);
uint64_t random_u64(void);
