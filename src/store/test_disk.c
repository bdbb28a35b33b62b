#include "store/test_disk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const DiskHooks *hooks_now;

typedef struct {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
    const char *name;
} DiskFile;

static sqlite3_file *real_of(sqlite3_file *file) { return ((DiskFile *)file)->real; }

static int disk_close(sqlite3_file *f) { return real_of(f)->pMethods->xClose(real_of(f)); }
static int disk_read(sqlite3_file *f, void *to, int len, sqlite3_int64 at) {
    return real_of(f)->pMethods->xRead(real_of(f), to, len, at);
}
static int disk_write(sqlite3_file *f, const void *from, int len, sqlite3_int64 at) {
    DiskWrite write = {((DiskFile *)f)->name, real_of(f), from, len, at};
    int result = hooks_now->write ? hooks_now->write(&write) : SQLITE_OK;
    return result == SQLITE_OK ? real_of(f)->pMethods->xWrite(real_of(f), from, len, at) : result;
}
static int disk_truncate(sqlite3_file *f, sqlite3_int64 size) {
    int result = hooks_now->truncate ? hooks_now->truncate(((DiskFile *)f)->name, size) : SQLITE_OK;
    return result == SQLITE_OK ? real_of(f)->pMethods->xTruncate(real_of(f), size) : result;
}
static int disk_sync(sqlite3_file *f, int flags) {
    int result = hooks_now->sync ? hooks_now->sync(((DiskFile *)f)->name) : SQLITE_OK;
    return result == SQLITE_OK ? real_of(f)->pMethods->xSync(real_of(f), flags) : result;
}
static int disk_size(sqlite3_file *f, sqlite3_int64 *size) {
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
static int disk_lock(sqlite3_file *f, int how) {
    return real_of(f)->pMethods->xLock(real_of(f), how);
}
static int disk_unlock(sqlite3_file *f, int how) {
    return real_of(f)->pMethods->xUnlock(real_of(f), how);
}
static int disk_reserved(sqlite3_file *f, int *held) {
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), held);
}
static int disk_control(sqlite3_file *f, int what, void *argument) {
    return real_of(f)->pMethods->xFileControl(real_of(f), what, argument);
}
static int disk_sector(sqlite3_file *f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); }
static int disk_traits(sqlite3_file *f) {
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int disk_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **at) {
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, at);
}
static int disk_shm_lock(sqlite3_file *f, int offset, int count, int flags) {
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, count, flags);
}
static void disk_shm_barrier(sqlite3_file *f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); }
static int disk_shm_unmap(sqlite3_file *f, int remove) {
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods disk_methods = {
    2,           disk_close,   disk_read,     disk_write,       disk_truncate,  disk_sync,
    disk_size,   disk_lock,    disk_unlock,   disk_reserved,    disk_control,   disk_sector,
    disk_traits, disk_shm_map, disk_shm_lock, disk_shm_barrier, disk_shm_unmap, NULL,
    NULL};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
                     int *ret_flags) {
    sqlite3_vfs *real = vfs->pAppData;
    DiskFile *file = (DiskFile *)f;
    file->real = (sqlite3_file *)(file + 1);
    file->name = name ? name : "";
    int result = real->xOpen(real, name, file->real, flags, ret_flags);
    file->base.pMethods = result == SQLITE_OK ? &disk_methods : NULL;
    return result;
}

void disk_stand_between(const DiskHooks *hooks) {
    static sqlite3_vfs vfs;
    hooks_now = hooks;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.zName = "test_disk";
    vfs.pAppData = real;
    vfs.szOsFile = (int)sizeof(DiskFile) + real->szOsFile;
    vfs.xOpen = disk_open;
    int result = sqlite3_vfs_register(&vfs, 1);
    assert(result == SQLITE_OK);
}

void disk_folder_create(char *ret_path, size_t room) {
    snprintf(ret_path, room, "%s/essaim-disk-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    char *made = mkdtemp(ret_path);
    assert(made);
}

void disk_files_remove(const char *path) {
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char file[256];
        snprintf(file, sizeof file, "%s%s", path, endings[i]);
        unlink(file);
    }
}
