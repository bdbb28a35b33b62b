#include "base/limits.h"
#include "base/text.h"
#include "community/account_check.h"
#include "community/file_key.h"
#include "community/import_batch.h"
#include "community/plain_text.h"
#include "community/upload_blob.h"
#include "community/upload_words.h"
#include "torrent/path.h"

/* On its way from a line to a work. */
typedef struct {
    const ImportRules *rules;
    const ImportLine *line;
    Arena *scratch;
    Seconds now;
    Metainfo metainfo; /* of the line's own .torrent */
    UploadWords words;
    ImportWork work;
} Checking;

static Error read_torrent(Checking *checking) {
    const ImportLine *line = checking->line;
    InfoHash said = line->hash;
    checking->work.hash = said;
    if (line->torrent.len) {
        TRY(metainfo_parse(line->torrent, checking->scratch, &checking->metainfo));
        const InfoHash *is = &checking->metainfo.hash;
        bool same_v1 = !said.has_v1 || (is->has_v1 && memcmp(said.v1, is->v1, SHA1_BYTES) == 0);
        bool same_v2 = !said.has_v2 || (is->has_v2 && memcmp(said.v2, is->v2, SHA256_BYTES) == 0);
        if (!same_v1 || !same_v2)
            return error_field(BAD_INPUT, "torrent", "hash_differs",
                               "The torrent has another info-hash than the line says.");
        checking->work.hash = *is;
    }
    if (!checking->work.hash.has_v1 && !checking->work.hash.has_v2)
        return error_field(BAD_INPUT, "infohash_v1", "hash_required",
                           "A work needs infohash_v1, infohash_v2 or its torrent.");
    checking->work.swarm = infohash_swarm(&checking->work.hash);
    return OK;
}

/* The first thing that must be there before anybody sees the work. */
static Error missing(const Checking *checking, Str unknown_license) {
    const UploadWords *words = &checking->words;
    if (unknown_license.len)
        return error_field(BAD_INPUT, "license", "unknown_license",
                           "\"{}\" is not a licence we know.", unknown_license);
    if (words->licence == &licence_unknown)
        return error_field(BAD_INPUT, "license", "license_required",
                           "Choose the licence. Without one nobody may share the work.");
    if (!words->author.len)
        return error_field(BAD_INPUT, "author", "author_required", "Say who made the work.");
    if (!words->source_url.len)
        return error_field(
            BAD_INPUT, "source_url", "source_required",
            "Say where the work comes from: an address, or \"own\" for a work of your own.");
    if (!checking->rules->publish)
        return error(BAD_INPUT, "not_vouched", "Nobody vouches for it: --publish was not given.");
    return OK;
}

static Error check_words(Checking *checking, Error *ret_waits) {
    TorrentWords typed = checking->line->words;
    Str unknown_license = {0};
    if (!licence_find(str_trim(typed.license))) {
        unknown_license = str_trim(typed.license);
        typed.license = (Str){0};
    }
    if (!typed.title.len) typed.title = checking->metainfo.name;
    if (!typed.category.len) typed.category = STR("other");
    ErrorList errors = {.arena = checking->scratch};
    upload_words_check(&typed, WORDS_TO_COMPLETE, checking->scratch, &errors, &checking->words);
    TRY(error_list_first(&errors));
    *ret_waits = missing(checking, unknown_license);
    return OK;
}

/* Names from elsewhere may hold anything; here they are made of a few characters, and stand in
 * addresses. */
static Error check_uploader(Checking *checking) {
    Str typed = checking->line->uploader.len ? checking->line->uploader : checking->rules->uploader;
    checking->work.is_nameless = typed.len == 0;
    if (!typed.len) typed = STR(IMPORT_NAMELESS);
    Text name = text_create(checking->scratch, NAME_BYTES_MAX);
    for (size_t i = 0; i < typed.len && name.len < NAME_BYTES_MAX; i++) {
        char c = typed.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool sign = name.len > 0 && (c == '-' || c == '_' || c == '.');
        if (letter || sign)
            text_add_byte(&name, c);
        else if (name.len > 0 && name.at[name.len - 1] != '-')
            text_add_byte(&name, '-');
    }
    Str fit = text_str(&name);
    while (fit.len && str_find_byte(STR("-_."), fit.at[fit.len - 1]) != STR_NONE) fit.len--;
    /* The operator answers for names that would fool people: nobody can sign in by them. */
    Error fault = account_check_name(fit, ROLE_ADMIN, checking->scratch);
    if (failed(fault)) fault.field = "uploader";
    checking->work.uploader = fit;
    return fault;
}

/* As if the paths stood in a .torrent: made safe to show. */
static Error list_files(Checking *checking, TorrentFile *ret_files) {
    const ImportLine *line = checking->line;
    ImportWork *work = &checking->work;
    size_t room = 1;
    for (size_t i = 0; i < line->file_count; i++)
        room += line->files[i].path.len * PATH_SHOWN_GROWTH + 2;
    if (line->file_count > TORRENT_FILES_MAX || room > TORRENT_PATHS_BYTES_MAX)
        return error_field(BAD_INPUT, "file_list", "too_many_files", "{} holds too many files.",
                           STR("file_list"));
    Text paths = text_create(checking->scratch, room), path = text_create(checking->scratch, room),
         sizes = text_create(checking->scratch, line->file_count * 21 + 1);
    uint64_t bytes = 0;
    for (size_t i = 0; i < line->file_count; i++) {
        const TorrentFile *file = &line->files[i];
        if (file->size_bytes > INT64_MAX - bytes)
            return error_field(BAD_INPUT, "file_list", "bad_size",
                               "The sizes of the files are too large.");
        bytes += file->size_bytes;
        path.len = 0;
        for (Str left = file->path; left.len;) path_add_part(&path, str_cut(&left, '/'));
        if (i) text_add_byte(&paths, '\n'), text_add_byte(&sizes, '\n');
        if (!path.len) text_add_byte(&path, '_');
        text_add(&paths, text_str(&path));
        text_add_u64(&sizes, file->size_bytes);
        ret_files[i] = (TorrentFile){.path = {paths.at + paths.len - path.len, path.len},
                                     .size_bytes = file->size_bytes};
    }
    work->blob.paths = text_str(&paths);
    work->sizes = text_str(&sizes);
    work->work.size_bytes = (int64_t)(line->file_count ? bytes : line->size_bytes);
    work->work.file_count = (int64_t)(line->file_count ? line->file_count : line->files_said);
    return OK;
}

static Str web_lines(const Str *addresses, size_t count, size_t count_max, bool trackers,
                     Arena *arena) {
    Str *kept = arena_new(arena, Str, count);
    size_t kept_count = 0;
    for (size_t i = 0; i < count && kept_count < count_max; i++) {
        Str address = str_trim(addresses[i]);
        bool plain = address.len > 0 && address.len <= SOURCE_URL_BYTES_MAX;
        for (size_t k = 0; k < address.len && plain; k++)
            plain = (unsigned char)address.at[k] > ' ' && (unsigned char)address.at[k] < 0x7F;
        plain = plain && str_contains(address, STR("://"));
        if (plain && !(trackers && upload_blob_carries_key(address))) kept[kept_count++] = address;
    }
    return torrent_join(kept, kept_count, '\n', arena);
}

static Error check_contents(Checking *checking) {
    const ImportLine *line = checking->line;
    ImportWork *work = &checking->work;
    FileKeys keys;
    if (line->torrent.len) {
        const Metainfo *metainfo = &checking->metainfo;
        work->blob = upload_blob(metainfo, checking->scratch);
        work->work.size_bytes = (int64_t)metainfo->size_bytes;
        work->work.piece_length = (int64_t)metainfo->piece_length;
        work->work.file_count = (int64_t)upload_blob_files(metainfo);
        work->work.is_private = metainfo->is_private;
        work->work.name = metainfo->name;
        keys = file_key_list(metainfo->files, metainfo->file_count, checking->scratch);
    } else {
        if (line->size_bytes > INT64_MAX || line->files_said > TORRENT_FILES_MAX)
            return error_field(BAD_INPUT, "size_bytes", "bad_size",
                               "The sizes of the files are too large.");
        TorrentFile *files = arena_new(checking->scratch, TorrentFile, line->file_count);
        TRY(list_files(checking, files));
        work->blob.trackers = web_lines(line->trackers, line->tracker_count, TORRENT_TRACKERS_MAX,
                                        true, checking->scratch);
        work->blob.web_seeds = web_lines(line->web_seeds, line->web_seed_count,
                                         TORRENT_WEB_SEEDS_MAX, false, checking->scratch);
        work->work.name = line->name.len ? path_show(line->name, checking->scratch)
                                         : path_show(checking->words.title, checking->scratch);
        keys = file_key_list(files, line->file_count, checking->scratch);
    }
    work->keys = file_key_write(keys, checking->scratch);
    return OK;
}

static Error check_times(Checking *checking) {
    enum { CLOCKS_DIFFER_S = 86400 };
    const ImportLine *line = checking->line;
    Seconds latest = checking->now + CLOCKS_DIFFER_S;
    if (line->published_at > latest || line->counted_at > latest)
        return error_field(BAD_INPUT, line->published_at > latest ? "published_at" : "counted_at",
                           "in_the_future", "This time is still to come.");
    if (line->published_at < 0 || line->counted_at < 0)
        return error_field(BAD_INPUT, line->published_at < 0 ? "published_at" : "counted_at",
                           "before_1970", "This time is before 1970.");
    checking->work.work.at = line->published_at ? line->published_at : checking->now;
    if (!line->has_counts) return OK;
    Seconds at = line->counted_at ? line->counted_at : checking->now;
    checking->work.claim = (TorrentCountClaimAsk){
        .seeders = line->seeders,
        .leechers = line->leechers,
        .completed = line->completed < INT64_MAX ? (int64_t)line->completed : INT64_MAX,
        .at = at,
        .seeded_at = line->seeders > 0 ? at : 0,
        .well_seeded_at = line->seeders >= HEALTH_WELL_SEEDED ? at : 0};
    return OK;
}

static void keep(Str *s, Arena *arena) { *s = s->len ? arena_copy(arena, *s) : STR(""); }

/* Out of the memory that ends with the line. Hashes stay in the work itself. */
static void keep_strings(ImportWork *work, Arena *arena) {
    Str *strings[] = {&work->work.title,
                      &work->work.name,
                      &work->work.author,
                      &work->work.source_url,
                      &work->work.language,
                      &work->work.tags,
                      &work->work.description,
                      &work->blob.paths,
                      &work->blob.trackers,
                      &work->blob.web_seeds,
                      &work->blob.comment,
                      &work->blob.created_by,
                      &work->blob.info,
                      &work->blob.piece_layers,
                      &work->sizes,
                      &work->keys,
                      &work->uploader};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) keep(strings[i], arena);
}

Error import_check(const ImportChecker *checker, const ImportLine *line, Arena *arena,
                   ImportWork *ret_work, Error *ret_waits) {
    Checking checking = {
        .rules = checker->rules, .line = line, .scratch = checker->scratch, .now = checker->now};
    Error waits = OK;
    TRY(read_torrent(&checking));
    TRY(check_words(&checking, &waits));
    TRY(check_uploader(&checking));
    TRY(check_contents(&checking));
    TRY(check_times(&checking));
    ImportWork *work = &checking.work;
    const UploadWords *words = &checking.words;
    work->work.state = failed(waits) ? TORRENT_QUARANTINED : TORRENT_VISIBLE;
    work->work.category = words->category->number;
    work->work.license = str_from_c(words->licence->id);
    work->work.title = words->title;
    work->work.author = words->author;
    work->work.source_url = words->source_url;
    work->work.language = words->language;
    work->work.tags = words->tags;
    work->work.description = words->description;
    keep_strings(work, arena);
    *ret_work = *work;
    *ret_waits = waits;
    return OK;
}
