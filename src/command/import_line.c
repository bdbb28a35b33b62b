#include "command/import_line.h"

#include <jansson.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/text.h"
#include "community/plain_text.h"

static Error wrong_kind(const char *field, Str wanted) {
    return error_field(BAD_INPUT, field, "wrong_kind", "{} wants {}.", str_from_c(field), wanted);
}

/* --- JSON --- */

typedef struct {
    json_t *item;
    Arena *arena;
    Error fault; /* the first */
} Reader;

static json_t *take(Reader *reader, const char *field) {
    json_t *value = json_object_get(reader->item, field);
    return json_is_null(value) ? NULL : value;
}

static void blame(Reader *reader, const char *field, const char *wanted) {
    if (!failed(reader->fault)) reader->fault = wrong_kind(field, str_from_c(wanted));
}

static Str str_of(const json_t *value) {
    return str_from_bytes(json_string_value(value), json_string_length(value));
}

static Str take_text(Reader *reader, const char *field, Str otherwise) {
    json_t *value = take(reader, field);
    if (!value) return otherwise;
    if (!json_is_string(value)) {
        blame(reader, field, "text");
        return otherwise;
    }
    Str text = str_of(value);
    return text.len ? arena_copy(reader->arena, text) : otherwise;
}

static uint64_t number_of(Reader *reader, const char *field, const json_t *value) {
    uint64_t number = 0;
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        return (uint64_t)json_integer_value(value);
    if (!json_is_string(value) || !str_to_u64(str_of(value), &number))
        blame(reader, field, "a whole number");
    return number;
}

static uint64_t take_number(Reader *reader, const char *field) {
    json_t *value = take(reader, field);
    return value ? number_of(reader, field, value) : 0;
}

/* RFC 3339, or Unix seconds. */
static Seconds take_time(Reader *reader, const char *field) {
    json_t *value = take(reader, field);
    Seconds at = 0;
    if (json_is_integer(value)) return json_integer_value(value);
    if (value && (!json_is_string(value) || !clock_parse_rfc3339(str_of(value), &at)))
        blame(reader, field, "a time as 2026-11-23T13:00:00Z");
    return at;
}

static void take_hash(Reader *reader, const char *field, bool *ret_has, uint8_t *ret_bytes,
                      size_t len) {
    json_t *value = take(reader, field);
    if (!value) return;
    *ret_has = json_is_string(value) && hex_parse(str_of(value), ret_bytes, len);
    if (!*ret_has) blame(reader, field, len == SHA1_BYTES ? "40 hex digits" : "64 hex digits");
}

static Str take_tags(Reader *reader, Str otherwise) {
    json_t *tags = take(reader, "tags"), *tag;
    size_t i;
    if (!json_is_array(tags)) return take_text(reader, "tags", otherwise);
    Text text = text_create(reader->arena, (TAGS_MAX + 1) * TAG_BYTES_MAX * 4);
    json_array_foreach(tags, i, tag) {
        if (!json_is_string(tag)) blame(reader, "tags", "a list of texts");
        if (i) text_add_byte(&text, ',');
        text_add(&text, str_of(tag));
    }
    if (text.full) blame(reader, "tags", "at most 20 tags");
    return text_str(&text);
}

static const Str *take_list(Reader *reader, const char *field, size_t *ret_count) {
    json_t *list = take(reader, field), *one;
    size_t i;
    *ret_count = 0;
    if (!list) return NULL;
    if (!json_is_array(list)) blame(reader, field, "a list of texts");
    Str *texts = arena_new(reader->arena, Str, json_array_size(list));
    json_array_foreach(list, i, one) {
        if (!json_is_string(one)) blame(reader, field, "a list of texts");
        texts[(*ret_count)++] = arena_copy(reader->arena, str_of(one));
    }
    return texts;
}

static void take_files(Reader *reader, ImportLine *line) {
    static const char wanted[] = "a list of {path, size_bytes}";
    json_t *list = take(reader, "file_list"), *one;
    size_t i;
    if (!list) return;
    if (!json_is_array(list)) blame(reader, "file_list", wanted);
    if (json_array_size(list) > TORRENT_FILES_MAX) blame(reader, "file_list", "fewer files");
    if (failed(reader->fault)) return;
    TorrentFile *files = arena_new(reader->arena, TorrentFile, json_array_size(list));
    json_array_foreach(list, i, one) {
        json_t *path = json_object_get(one, "path"), *size = json_object_get(one, "size_bytes");
        if (!json_is_string(path) || !size) {
            blame(reader, "file_list", wanted);
            return;
        }
        files[i].path = arena_copy(reader->arena, str_of(path));
        files[i].size_bytes = number_of(reader, "file_list", size);
    }
    line->files = files;
    line->file_count = json_array_size(list);
}

static void take_torrent(Reader *reader, ImportLine *line) {
    json_t *value = take(reader, "torrent");
    if (!value) return;
    Str text = json_is_string(value) ? str_of(value) : (Str){0};
    if (text.len / 4 * 3 > TORRENT_FILE_BYTES_MAX + 3)
        blame(reader, "torrent", "at most 10 MiB");
    else if (!base64_read(text, reader->arena, &line->torrent) || !line->torrent.len)
        blame(reader, "torrent", "base64");
}

static void take_counts(Reader *reader, ImportLine *line) {
    uint64_t seeders = take_number(reader, "seeders"), leechers = take_number(reader, "leechers");
    line->has_counts =
        take(reader, "seeders") || take(reader, "leechers") || take(reader, "completed");
    line->seeders = seeders < UINT32_MAX ? (uint32_t)seeders : UINT32_MAX;
    line->leechers = leechers < UINT32_MAX ? (uint32_t)leechers : UINT32_MAX;
    line->completed = take_number(reader, "completed");
    line->counted_at = take_time(reader, "counted_at");
}

static TorrentWords take_words(Reader *reader, const TorrentWords *defaults) {
    return (TorrentWords){
        .title = take_text(reader, "title", defaults->title),
        .description = take_text(reader, "description", defaults->description),
        .category = take_text(reader, "category", defaults->category),
        .tags = take_tags(reader, defaults->tags),
        .license = take_text(reader, "license", defaults->license),
        .author = take_text(reader, "author", defaults->author),
        .source_url = take_text(reader, "source_url", defaults->source_url),
        .language = take_text(reader, "language", defaults->language),
    };
}

static void read_item(Reader *reader, const TorrentWords *defaults, ImportLine *line) {
    line->words = take_words(reader, defaults);
    line->uploader = take_text(reader, "uploader", (Str){0});
    line->name = take_text(reader, "name", (Str){0});
    take_hash(reader, "infohash_v1", &line->hash.has_v1, line->hash.v1, SHA1_BYTES);
    take_hash(reader, "infohash_v2", &line->hash.has_v2, line->hash.v2, SHA256_BYTES);
    take_torrent(reader, line);
    take_files(reader, line);
    line->files_said = take_number(reader, "files");
    line->size_bytes = take_number(reader, "size_bytes");
    line->trackers = take_list(reader, "trackers", &line->tracker_count);
    line->web_seeds = take_list(reader, "webseeds", &line->web_seed_count);
    line->published_at = take_time(reader, "published_at");
    take_counts(reader, line);
}

Error import_line_json(Str line, const TorrentWords *defaults, Arena *arena, ImportLine *ret_line) {
    json_error_t fault;
    json_t *item = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, &fault);
    if (!json_is_object(item)) {
        Str why = arena_copy(arena, str_from_c(item ? "another kind of value" : fault.text));
        json_decref(item);
        return error(BAD_INPUT, "bad_json", "This is not a JSON object: {}.", why);
    }
    Reader reader = {.item = item, .arena = arena};
    ImportLine read = {0};
    jmp_buf full, *outer = arena->overflow;
    bool fits = setjmp(full) == 0;
    if (fits) {
        arena->overflow = &full;
        read_item(&reader, defaults, &read);
    }
    arena->overflow = outer;
    json_decref(item); /* not the arena's: let go however it ends */
    if (!fits)
        return error(TOO_LARGE, "too_much_memory",
                     "This asks for more memory than one request may have.");
    TRY(reader.fault);
    *ret_line = read;
    return OK;
}

/* --- KAT --- */

/* What its shelves are called here. */
static Str kat_category(Str name, Str otherwise) {
    static const struct {
        const char *theirs, *ours;
    } names[] = {{"Applications", "software"}, {"Games", "games"},
                 {"Books", "books"},           {"Music", "music"},
                 {"Movies", "video"},          {"TV", "video"},
                 {"Anime", "video"},           {"Audio books", "audiobooks"},
                 {"Tutorials", "courses"},     {"UNIX", "linux"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_equal_nocase(name, str_from_c(names[i].theirs))) return str_from_c(names[i].ours);
    return otherwise;
}

enum {
    KAT_HASH,
    KAT_NAME,
    KAT_CATEGORY,
    KAT_PAGE,
    KAT_FILE,
    KAT_SIZE,
    KAT_CATEGORY_NUMBER,
    KAT_FILES,
    KAT_SEEDERS,
    KAT_LEECHERS,
    KAT_TIME,
    KAT_VERIFIED,
    KAT_COLUMNS
};

/* A name may hold the separator: columns are counted from both ends. */
static bool split_kat(Str line, Str ret_columns[KAT_COLUMNS]) {
    Str rest = line;
    ret_columns[KAT_HASH] = str_cut(&rest, '|');
    size_t end = rest.len;
    for (int column = KAT_COLUMNS - 1; column > KAT_NAME; column--) {
        size_t start = end;
        while (start > 0 && rest.at[start - 1] != '|') start--;
        if (start == 0) return false;
        ret_columns[column] = str_part(rest, start, end);
        end = start - 1;
    }
    ret_columns[KAT_NAME] = str_part(rest, 0, end);
    return true;
}

Error import_line_kat(Str line, const TorrentWords *defaults, Arena *arena, ImportLine *ret_line) {
    (void)arena;
    static const struct {
        int column;
        const char *field;
    } numbers[] = {{KAT_SIZE, "size"},
                   {KAT_FILES, "files"},
                   {KAT_SEEDERS, "seeders"},
                   {KAT_LEECHERS, "leechers"},
                   {KAT_TIME, "upload_date"}};
    Str columns[KAT_COLUMNS];
    uint64_t values[sizeof numbers / sizeof *numbers] = {0};
    if (!split_kat(line, columns))
        return error(BAD_INPUT, "bad_line", "This line has fewer than twelve columns.");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        Str text = str_trim(columns[numbers[i].column]);
        if (text.len && !str_to_u64(text, &values[i]))
            return wrong_kind(numbers[i].field, STR("a whole number"));
    }
    ImportLine read = {.words = *defaults, .files_said = values[1], .size_bytes = values[0]};
    read.hash.has_v1 = hex_parse(str_trim(columns[KAT_HASH]), read.hash.v1, SHA1_BYTES);
    if (!read.hash.has_v1) return wrong_kind("torrent_info_hash", STR("40 hex digits"));
    read.name = columns[KAT_NAME];
    read.words.title = plain_text_shorten(columns[KAT_NAME], TITLE_BYTES_MAX);
    read.words.category = kat_category(str_trim(columns[KAT_CATEGORY]), defaults->category);
    Str page = str_trim(columns[KAT_PAGE]);
    if (page.len) read.words.source_url = page;
    read.has_counts = true;
    read.seeders = values[2] < UINT32_MAX ? (uint32_t)values[2] : UINT32_MAX;
    read.leechers = values[3] < UINT32_MAX ? (uint32_t)values[3] : UINT32_MAX;
    read.published_at = values[4] < INT64_MAX ? (Seconds)values[4] : INT64_MAX;
    *ret_line = read;
    return OK;
}
