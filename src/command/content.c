#include "command/content.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

enum { READ_BYTES = 1 << 20 };

typedef struct {
    CreateFile *files;  /* as the torrent sees them */
    const char **paths; /* as the system does */
    size_t count, room;
    uint64_t size_bytes;
    Arena *arena;
} Content;

static void add_file(Content *content, const char *path, Str shown, const struct stat *status) {
    if (content->count == content->room) {
        size_t room = content->room ? content->room * 2 : 64;
        CreateFile *files = arena_new(content->arena, CreateFile, room);
        const char **paths = arena_new(content->arena, const char *, room);
        if (content->count) {
            memcpy(files, content->files, content->count * sizeof *files);
            memcpy(paths, content->paths, content->count * sizeof *paths);
        }
        content->files = files;
        content->paths = paths;
        content->room = room;
    }
    unsigned flags = status->st_mode & S_IXUSR ? FILE_EXECUTABLE : 0;
    content->files[content->count] = (CreateFile){shown, (uint64_t)status->st_size, flags};
    content->paths[content->count++] = path;
    content->size_bytes += (uint64_t)status->st_size;
}

static Error walk(Content *content, Str folder, Str prefix, unsigned depth) {
    FileEntry *entries;
    size_t count;
    if (depth > TORRENT_PATH_DEPTH_MAX)
        return error(BAD_INPUT, "too_deep", "{} lies too many folders deep.", folder);
    TRY(file_list(folder, content->arena, &entries, &count));
    for (size_t i = 0; i < count; i++) {
        Str shown = prefix.len ? arena_print(content->arena, "%.*s/%.*s", STR_PRINTF(prefix),
                                             STR_PRINTF(entries[i].name))
                               : entries[i].name;
        const char *path = str_c(content->arena, entries[i].path);
        struct stat status;
        if (entries[i].is_folder) {
            TRY(walk(content, entries[i].path, shown, depth + 1));
        } else if (stat(path, &status) == 0) {
            add_file(content, path, shown, &status);
        }
        if (content->count > TORRENT_FILES_MAX)
            return error(TOO_LARGE, "too_many_files", "{} holds too many files.", folder);
    }
    return OK;
}

static Error gather(Str path, Content *content, bool *ret_is_folder) {
    struct stat status;
    const char *c_path = str_c(content->arena, path);
    if (stat(c_path, &status) != 0)
        return error(NOT_FOUND, "unreadable_file", "{}: {}.", path,
                     str_from_c(strerrordesc_np(errno)));
    *ret_is_folder = S_ISDIR(status.st_mode);
    if (*ret_is_folder) return walk(content, path, (Str){0}, 0);
    add_file(content, c_path, (Str){0}, &status);
    return OK;
}

/* Feeds the rest of the file that is wanted now. */
static Error feed_file(Create *create, const char *path, char *buffer) {
    Str shown = str_from_c(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error(UNAVAILABLE, "unreadable_file", "{}: {}.", shown,
                     str_from_c(strerrordesc_np(errno)));
    size_t place = create_wanted(create);
    while (create_wanted(create) == place) {
        uint64_t left = create_left(create);
        ssize_t got = read(fd, buffer, left < READ_BYTES ? (size_t)left : READ_BYTES);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            close(fd);
            return error(UNAVAILABLE, "file_changed", "{} became shorter while it was read.",
                         shown);
        }
        create_feed(create, (Str){buffer, (size_t)got});
    }
    close(fd);
    return OK;
}

static Error feed_all(const ContentAsk *ask, Create *create, const Content *content) {
    char *buffer = arena_alloc(content->arena, READ_BYTES, 1);
    uint64_t done = 0;
    for (size_t place; (place = create_wanted(create)) != CREATE_NO_FILE;) {
        TRY(feed_file(create, content->paths[place], buffer));
        done += content->files[place].size_bytes;
        if (ask->progress) ask->progress(ask->argument, done, content->size_bytes);
    }
    return OK;
}

static Str last_part(Str path) {
    while (str_ends(path, STR("/"))) path.len--;
    while (str_find_byte(path, '/') != STR_NONE) str_cut(&path, '/');
    return path;
}

/* "." and ".." have names too. */
static Str true_path(Str path, Arena *arena) {
    char whole[PATH_MAX];
    Str last = last_part(path);
    if (!str_is_empty(last) && !str_equal(last, STR(".")) && !str_equal(last, STR("..")))
        return path;
    return realpath(str_c(arena, path), whole) ? arena_copy(arena, str_from_c(whole)) : path;
}

Error content_create(const ContentAsk *ask, Arena *arena, Str *ret_torrent) {
    Content content = {.arena = arena};
    CreateOptions options = ask->options;
    TRY(gather(ask->path, &content, &options.is_folder));
    if (content.count == 0) return error(BAD_INPUT, "no_files", "{} holds no files.", ask->path);
    if (str_is_empty(options.name)) options.name = last_part(true_path(ask->path, arena));
    Create *create;
    TRY(create_open(&options, content.files, content.count, arena, &create));
    Error e = feed_all(ask, create, &content);
    if (!failed(e)) *ret_torrent = create_write(create, arena);
    create_close(create);
    return e;
}
