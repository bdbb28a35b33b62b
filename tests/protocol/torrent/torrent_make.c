/* torrent_make — makes a torrent from files whose bytes are a pattern, for comparison with another
 * program's. usage: torrent_make KIND(v1|v2|hybrid) NAME folder|file PIECE_LENGTH PRIVATE(0|1)
 * SOURCE COMMENT CREATED_BY DATE TRACKERS WEB_SEEDS PATH:SIZE:FLAGS...     (lists separated by
 * commas; writes the .torrent to standard output) Byte i of a file is (i * 7 + i / 251 + size) mod
 * 256. */
#include "base/limits.h"
#include "torrent/create.h"

enum { FIRST_FILE = 12, FEED_BYTES = 5000, LIST_MAX = 16 };

static Str list[2][LIST_MAX];

static size_t read_list(const char *argument, Str *into) {
    Str rest = str_from_c(argument);
    size_t count = 0;
    while (rest.len > 0 && count < LIST_MAX) into[count++] = str_cut(&rest, ',');
    return count;
}

static CreateFile read_file(const char *argument) {
    CreateFile file = {0};
    Str rest = str_from_c(argument);
    file.path = str_cut(&rest, ':');
    uint64_t flags = 0;
    if (!str_to_u64(str_cut(&rest, ':'), &file.size_bytes) || !str_to_u64(rest, &flags)) exit(2);
    file.flags = (unsigned)flags;
    return file;
}

static void feed(Create *create, const CreateFile *files) {
    uint8_t bytes[FEED_BYTES];
    for (size_t place; (place = create_wanted(create)) != CREATE_NO_FILE;) {
        uint64_t size = files[place].size_bytes, left = create_left(create);
        size_t count = left < sizeof bytes ? (size_t)left : sizeof bytes;
        for (size_t i = 0; i < count; i++) {
            uint64_t at = size - left + i;
            bytes[i] = (uint8_t)(at * 7 + at / 251 + size);
        }
        create_feed(create, str_from_bytes(bytes, count));
    }
}

int main(int argc, char **argv) {
    if (argc <= FIRST_FILE) return 2;
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Str kind = str_from_c(argv[1]);
    uint64_t date = 0;
    CreateOptions options = {.kind = CREATE_HYBRID, .name = str_from_c(argv[2])};
    if (str_equal(kind, STR("v1"))) options.kind = CREATE_V1;
    if (str_equal(kind, STR("v2"))) options.kind = CREATE_V2;
    options.is_folder = str_equal(str_from_c(argv[3]), STR("folder"));
    options.is_private = argv[5][0] == '1';
    options.source = str_from_c(argv[6]);
    options.comment = str_from_c(argv[7]);
    options.created_by = str_from_c(argv[8]);
    if (!str_to_u64(str_from_c(argv[4]), &options.piece_length) ||
        !str_to_u64(str_from_c(argv[9]), &date))
        return 2;
    options.created_at = (Seconds)date;
    options.tracker_count = read_list(argv[10], list[0]);
    options.web_seed_count = read_list(argv[11], list[1]);
    options.trackers = list[0];
    options.web_seeds = list[1];
    size_t count = (size_t)(argc - FIRST_FILE);
    CreateFile *files = arena_new(&arena, CreateFile, count);
    for (size_t i = 0; i < count; i++) files[i] = read_file(argv[FIRST_FILE + i]);
    Create *create = NULL;
    Error e = create_open(&options, files, count, &arena, &create);
    if (failed(e)) {
        fprintf(stderr, "%s\n", error_code(e));
        return 1;
    }
    feed(create, files);
    Str torrent = create_write(create, &arena);
    fwrite(torrent.at, 1, torrent.len, stdout);
    create_close(create);
    arena_free(&arena);
    return 0;
}
