/* test_disk.h — a disk of ours between SQLite and the real one, for tests of what happens when it
 * fails. One for the whole process, since SQLite's list of disks is. */
#pragma once
#include <sqlite3.h>
#include <stddef.h>

typedef struct {
    const char *name;
    sqlite3_file *real; /* to write a part of it */
    const void *from;
    int len;
    sqlite3_int64 at;
} DiskWrite;

/* Asked before each; anything but SQLITE_OK is what SQLite gets instead. NULL lets all pass. */
typedef struct {
    int (*write)(const DiskWrite *write);
    int (*sync)(const char *name);
    int (*truncate)(const char *name, sqlite3_int64 size);
} DiskHooks;

void disk_stand_between(const DiskHooks *hooks);

/* A folder for such tests, in memory where there is one: what is synced is up to them, not to the
 * real disk. */
void disk_folder_create(char *ret_path, size_t room);
/* NAME with all that SQLite and the store put beside it. */
void disk_files_remove(const char *path);
