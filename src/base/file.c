#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ARENA_BYTES = 64 * 1024 };

static Error system_error(Str path, const char *code) {
    ErrorKind kind = errno == ENOENT ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE;
    return error_build(kind, code, NULL, "{}: {}.", path, str_from_c(strerrordesc_np(errno)));
}

static Error read_all(int fd, Str path, size_t bytes_max, Arena *arena, Str *ret_bytes) {
    struct stat status;
    if (fstat(fd, &status) != 0) return system_error(path, "unreadable_file");
    if (S_ISDIR(status.st_mode)) return error(BAD_INPUT, "is_a_folder", "{} is a folder.", path);
    if (status.st_size < 0 || (uint64_t)status.st_size > bytes_max)
        return error(TOO_LARGE, "file_too_large", "{} is larger than {} bytes.", path,
                     arena_print(arena, "%zu", bytes_max));
    char *bytes = arena_alloc(arena, (size_t)status.st_size + 1, 1);
    size_t len = 0;
    while (len < (size_t)status.st_size) {
        ssize_t got = read(fd, bytes + len, (size_t)status.st_size - len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error(path, "unreadable_file");
        if (got == 0) break;
        len += (size_t)got;
    }
    *ret_bytes = (Str){bytes, len};
    return OK;
}

Error file_read(Str path, size_t bytes_max, Arena *arena, Str *ret_bytes) {
    int fd = open(str_c(arena, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return system_error(path, "unreadable_file");
    Error e = read_all(fd, path, bytes_max, arena, ret_bytes);
    close(fd);
    return e;
}

static Error write_all(int fd, Str path, Str bytes) {
    while (bytes.len) {
        ssize_t put = write(fd, bytes.at, bytes.len);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return system_error(path, "unwritable_file");
        bytes = str_skip(bytes, (size_t)put);
    }
    if (fsync(fd) != 0) return system_error(path, "unwritable_file");
    return OK;
}

static Error write_beside(const char *beside, const char *target, Str bytes, unsigned mode) {
    Str path = str_from_c(target);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) return system_error(path, "unwritable_file");
    Error e = write_all(fd, path, bytes);
    close(fd);
    if (!failed(e) && rename(beside, target) != 0) e = system_error(path, "unwritable_file");
    if (failed(e)) unlink(beside);
    return e;
}

Error file_write(Str path, Str bytes, unsigned mode) {
    Arena arena = arena_create(PATH_ARENA_BYTES);
    Str beside = arena_print(&arena, "%.*s.new", STR_PRINTF(path));
    Error e = write_beside(beside.at, str_c(&arena, path), bytes, mode);
    e.subject[0] = failed(e) ? path : (Str){0}; /* the arena's copy ends here */
    arena_free(&arena);
    return e;
}

static Error read_some(int fd, Str path, FilePart part, Arena *arena, Str *ret_bytes) {
    struct stat status;
    if (fstat(fd, &status) != 0) return system_error(path, "unreadable_file");
    if (S_ISDIR(status.st_mode)) return error(BAD_INPUT, "is_a_folder", "{} is a folder.", path);
    char *bytes = arena_alloc(arena, part.len + 1, 1);
    size_t len = 0;
    bool seeks = S_ISREG(status.st_mode);
    while (len < part.len) {
        ssize_t got = seeks ? pread(fd, bytes + len, part.len - len, (off_t)(part.offset + len))
                            : read(fd, bytes + len, part.len - len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error(path, "unreadable_file");
        if (got == 0) break;
        len += (size_t)got;
    }
    *ret_bytes = (Str){bytes, len};
    return OK;
}

uint64_t file_size(Str path) {
    Arena arena = arena_create(PATH_ARENA_BYTES);
    struct stat status;
    bool there = stat(str_c(&arena, path), &status) == 0 && S_ISREG(status.st_mode);
    arena_free(&arena);
    return there ? (uint64_t)status.st_size : 0;
}

Error file_read_part(Str path, FilePart part, Arena *arena, Str *ret_bytes) {
    int fd = open(str_c(arena, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return system_error(path, "unreadable_file");
    Error e = read_some(fd, path, part, arena, ret_bytes);
    close(fd);
    return e;
}

static Error write_some(int fd, Str path, uint64_t offset, Str bytes) {
    if (!bytes.len && fsync(fd) != 0) return system_error(path, "unwritable_file");
    while (bytes.len) {
        ssize_t put = pwrite(fd, bytes.at, bytes.len, (off_t)offset);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return system_error(path, "unwritable_file");
        bytes = str_skip(bytes, (size_t)put);
        offset += (uint64_t)put;
    }
    return OK;
}

Error file_write_part(Str path, uint64_t offset, Str bytes, unsigned mode) {
    Arena arena = arena_create(PATH_ARENA_BYTES);
    const char *beside = arena_print(&arena, "%.*s.part", STR_PRINTF(path)).at;
    int fd = open(beside, O_WRONLY | O_CREAT | O_CLOEXEC | (offset ? 0 : O_TRUNC), mode);
    Error e = fd < 0 ? system_error(path, "unwritable_file") : write_some(fd, path, offset, bytes);
    if (fd >= 0) close(fd);
    if (!failed(e) && !bytes.len && rename(beside, str_c(&arena, path)) != 0)
        e = system_error(path, "unwritable_file");
    if (failed(e) && fd >= 0) unlink(beside);
    arena_free(&arena);
    return e;
}

Error file_make_folder(Str path, unsigned mode) {
    Arena arena = arena_create(PATH_ARENA_BYTES);
    int made = mkdir(str_c(&arena, path), mode);
    int reason = errno;
    arena_free(&arena);
    errno = reason;
    if (made != 0 && errno != EEXIST) return system_error(path, "unwritable_folder");
    return OK;
}

static int by_name(const void *a, const void *b) {
    return str_compare(((const FileEntry *)a)->name, ((const FileEntry *)b)->name);
}

typedef struct {
    FileEntry *at;
    size_t count, room;
    Arena *arena;
} EntryList;

static void add_entry(EntryList *list, Str folder, const char *name) {
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        FileEntry *grown = arena_new(list->arena, FileEntry, room);
        if (list->count) memcpy(grown, list->at, list->count * sizeof *grown);
        list->at = grown;
        list->room = room;
    }
    FileEntry entry = {.path = arena_print(list->arena, "%.*s/%s", STR_PRINTF(folder), name)};
    entry.name = str_skip(entry.path, folder.len + 1);
    struct stat status;
    if (lstat(entry.path.at, &status) != 0) return;
    if (S_ISLNK(status.st_mode) && (stat(entry.path.at, &status) != 0 || S_ISDIR(status.st_mode)))
        return;
    if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) return;
    entry.is_folder = S_ISDIR(status.st_mode);
    entry.size_bytes = entry.is_folder ? 0 : (uint64_t)status.st_size;
    list->at[list->count++] = entry;
}

Error file_list(Str folder, Arena *arena, FileEntry **ret_entries, size_t *ret_count) {
    DIR *open_folder = opendir(str_c(arena, folder));
    if (!open_folder) return system_error(folder, "unreadable_folder");
    EntryList list = {.arena = arena};
    for (struct dirent *found; (found = readdir(open_folder));) {
        if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
            add_entry(&list, folder, found->d_name);
    }
    closedir(open_folder);
    if (list.count) qsort(list.at, list.count, sizeof *list.at, by_name);
    *ret_entries = list.at;
    *ret_count = list.count;
    return OK;
}
