/* banned.h — calls that have no place in this program become build errors (git's idea).
 * Each has a better form in base/: Text for sprintf and strcat, str_to_u64 for atoi, random_bytes
 * for rand, clock_now for time. malloc and free are left to base/ and to X_create and X_free
 * functions; tools/tidy checks that. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(name) banned_##name##_use_base_instead
#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strncat
#define strncat(...) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef gets
#define gets(...) BANNED(gets)
#undef atoi
#define atoi(...) BANNED(atoi)
#undef atol
#define atol(...) BANNED(atol)
#undef strtok
#define strtok(...) BANNED(strtok)
#undef rand
#define rand(...) BANNED(rand)
#undef srand
#define srand(...) BANNED(srand)
#undef gmtime
#define gmtime(...) BANNED(gmtime)
#undef localtime
#define localtime(...) BANNED(localtime)
#undef ctime
#define ctime(...) BANNED(ctime)
#undef system
#define system(...) BANNED(system)
#undef alloca
#define alloca(...) BANNED(alloca)
