#include "community/upload.h"

#include "base/limits.h"
#include "base/text.h"
#include "community/permission.h"
#include "community/plain_text.h"
#include "community/series_edition.h"
#include "community/tag.h"
#include "community/torrent_row.h"
#include "community/upload_blob.h"
#include "community/upload_words.h"
#include "queries/file_key.h"
#include "queries/torrent_count.h"

enum { REVIEWED_WORKS = 3 }; /* so many of a new member's works are looked at first */

typedef struct {
    Metainfo metainfo;
    UploadWords words;
    PreparedEdition edition;
    TorrentState state;
    bool read;         /* the torrent could be read */
    bool only_check;   /* nothing will be written */
    int64_t completes; /* the work that was known by this hash alone; 0: a new one */
} Prepared;

/* "ubuntu_base-22.04.tar.gz" as "ubuntu base-22.04" */
static Str suggest_title(const Metainfo *metainfo, Arena *arena) {
    static const char *const endings[] = {
        ".tar", ".gz",  ".xz",   ".bz2",  ".zst", ".zip", ".7z",  ".iso",  ".img", ".epub",
        ".pdf", ".ogg", ".opus", ".flac", ".mp3", ".mp4", ".mkv", ".webm", ".ogv", ".torrent"};
    Str name = metainfo->name;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        Str ending = str_from_c(endings[i]);
        if (name.len <= ending.len ||
            !str_equal_nocase(str_skip(name, name.len - ending.len), ending))
            continue;
        name = str_part(name, 0, name.len - ending.len);
        i = SIZE_MAX; /* again from the first: ".tar.gz" */
    }
    Text title = text_create(arena, name.len);
    for (size_t i = 0; i < name.len; i++)
        text_add_byte(&title, name.at[i] == '_' ? ' ' : name.at[i]);
    Str line;
    if (!plain_text_line(text_str(&title), arena, &line)) return (Str){0};
    return plain_text_shorten(line, TITLE_BYTES_MAX);
}

static Str page_path(int64_t id, Str title, Arena *arena) {
    Str slug = torrent_slug(title, arena);
    return arena_print(arena, "/torrent/%lld/%.*s", (long long)id, STR_PRINTF(slug));
}

static Error known_as(const Torrent *torrent) {
    if (torrent->state == TORRENT_REMOVED)
        return error_field(CONFLICT, "torrent", "infohash_removed",
                           "This torrent was removed from here and cannot come back.");
    return error_field(CONFLICT, "torrent", "infohash_known", "This torrent is here already.");
}

/* A work that is known by its hash alone is no obstacle: this may be the file it waits for. */
static Error find_known(Visit *visit, const InfoHash *hash, Upload *upload, int64_t *ret_completes,
                        Error *ret_known) {
    bool found;
    Torrent torrent;
    *ret_known = OK;
    TRY(torrent_row_by_hash(visit, hash, &found, &torrent));
    if (!found) return OK;
    if (torrent.state == TORRENT_VISIBLE && !torrent.has_file)
        *ret_completes = torrent.id;
    else
        *ret_known = known_as(&torrent);
    /* Its page is not there for others yet, and the address would tell them its title. */
    if (torrent.state == TORRENT_QUARANTINED && !torrent_is_own(visit, &torrent)) return OK;
    upload->id = torrent.id;
    upload->state = torrent.state;
    upload->path = page_path(torrent.id, torrent.title, visit->arena);
    return OK;
}

static Error read_torrent(Visit *visit, const UploadAsk *ask, ErrorList *errors, Prepared *prepared,
                          Upload *upload) {
    if (ask->torrent.len == 0) {
        error_list_add(errors, error_field(BAD_INPUT, "torrent", "torrent_required",
                                           "Choose a .torrent file."));
        return OK;
    }
    Error fault = metainfo_parse(ask->torrent, visit->arena, &prepared->metainfo);
    if (failed(fault)) {
        error_list_add(errors, fault);
        return OK;
    }
    const Metainfo *metainfo = &prepared->metainfo;
    prepared->read = true;
    *upload = (Upload){.hash = metainfo->hash,
                       .files = upload_blob_files(metainfo),
                       .size_bytes = metainfo->size_bytes,
                       .suggested_title = suggest_title(metainfo, visit->arena)};
    Error known;
    TRY(find_known(visit, &metainfo->hash, upload, &prepared->completes, &known));
    error_list_add(errors, known);
    return OK;
}

static Error choose_state(Visit *visit, const UploadAsk *ask, TorrentState *ret_state) {
    TorrentCountOfMemberRow published = {0};
    /* Whoever may vouch is an administrator, and looked at by nobody. */
    bool looked_at =
        visit->community->settings->review_new_members && visit->viewer.role <= ROLE_MEMBER;
    if (looked_at)
        TRY(query_torrent_count_of_member(
            visit->db, visit->arena,
            (TorrentCountOfMemberAsk){.uploader_id = visit->viewer.member_id}, &published));
    looked_at = looked_at && published.count < REVIEWED_WORKS;
    *ret_state = looked_at || ask->quarantine ? TORRENT_QUARANTINED : TORRENT_VISIBLE;
    return OK;
}

/* An import: what is missing is added before anybody sees the work; until then it needs some name.
 */
static void complete(TorrentWords *words, const Upload *upload, Arena *arena) {
    if (!words->category.len) words->category = STR("other");
    if (words->title.len >= TITLE_BYTES_MIN) return;
    Str hash = upload->hash.has_v1 ? infohash_v1_hex(&upload->hash, arena)
                                   : infohash_v2_hex(&upload->hash, arena);
    words->title = arena_print(arena, "%.*s %.*s", STR_PRINTF(words->title), STR_PRINTF(hash));
}

/* Whoever means it may say so, and goes on. */
static Error look_elsewhere(Visit *visit, const UploadAsk *ask, ErrorList *errors,
                            const Prepared *prepared, Upload *upload) {
    const Metainfo *metainfo = &prepared->metainfo;
    bool is_wanted = prepared->only_check || ask->stop_at_known_files;
    if (!prepared->read || upload->path.len || !is_wanted) return OK;
    TRY(file_key_check(visit, metainfo->files, metainfo->file_count, &upload->same));
    if (ask->stop_at_known_files && upload->same.has_all)
        error_list_add(errors, error_field(CONFLICT, "same_files", "files_known",
                                           "Every file of this torrent is here already, in other "
                                           "works."));
    return OK;
}

/* The known torrent stands first in `errors`: of all faults it is the one that leads somewhere. */
static Error prepare(Visit *visit, const UploadAsk *ask, ErrorList *errors, Prepared *prepared,
                     Upload *upload) {
    TRY(permission_member(visit));
    TRY(permission_scope(visit, STR("upload")));
    if (ask->vouched) TRY(permission_role(visit, ROLE_ADMIN));
    errors->arena = visit->arena;
    TRY(read_torrent(visit, ask, errors, prepared, upload));
    if (prepared->completes) return OK; /* the words of its page stand */
    TorrentWords words = ask->words;
    bool by_operator = ask->vouched || ask->quarantine;
    if (by_operator && !words.title.len) words.title = upload->suggested_title;
    if (ask->quarantine) complete(&words, upload, visit->arena);
    upload_words_check(&words, ask->quarantine ? WORDS_TO_COMPLETE : WORDS_COMPLETE, visit->arena,
                       errors, &prepared->words);
    TRY(tag_resolve_all(visit, prepared->words.tags, &prepared->words.tags));
    TRY(series_prepare(visit, &ask->edition, prepared->words.category, errors, &prepared->edition));
    TRY(look_elsewhere(visit, ask, errors, prepared, upload));
    TRY(error_list_first(errors));
    TRY(choose_state(visit, ask, &prepared->state));
    upload->state = prepared->state;
    return OK;
}

Error upload_check(Visit *visit, const UploadAsk *ask, ErrorList *errors, Upload *ret_upload) {
    Prepared prepared = {.only_check = true};
    Upload upload = {0};
    Error result = prepare(visit, ask, errors, &prepared, &upload);
    upload.id = 0;
    *ret_upload = upload;
    return result;
}

typedef struct {
    TorrentAddAsk work;
    TorrentBlobAddAsk blob;
    FileKeyPutAsk keys;
    PreparedEdition edition;
    TorrentNote note;
    bool known; /* by somebody quicker */
} Adding;

static Error add(Db *db, Arena *arena, void *argument) {
    Adding *adding = argument;
    bool added;
    TorrentAddRow row;
    TRY(query_torrent_add(db, arena, adding->work, &added, &row));
    adding->known = !added;
    if (!added) return OK;
    adding->blob.torrent_id = adding->note.torrent_id = adding->keys.torrent_id = row.id;
    TRY(query_torrent_count_add(db, arena, (TorrentCountAddAsk){.torrent_id = row.id}, NULL));
    TRY(query_torrent_blob_add(db, arena, adding->blob, NULL));
    TRY(query_file_key_put(db, arena, adding->keys, NULL));
    TRY(series_write_edition(db, arena, &adding->edition, row.id));
    return torrent_note(db, arena, &adding->note);
}

static Adding adding_of(const Visit *visit, const UploadAsk *ask, const Prepared *prepared,
                        const SwarmHash *swarm) {
    const Metainfo *metainfo = &prepared->metainfo;
    const UploadWords *words = &prepared->words;
    Seconds at = ask->published_at ? ask->published_at : visit->now;
    Adding adding = {
        .work = {.swarm = str_from_bytes(swarm->bytes, sizeof swarm->bytes),
                 .state = prepared->state,
                 .uploader_id = visit->viewer.member_id,
                 .category = words->category->number,
                 .license = str_from_c(words->licence->id),
                 .at = at,
                 .size_bytes = (int64_t)metainfo->size_bytes,
                 .piece_length = (int64_t)metainfo->piece_length,
                 .is_private = metainfo->is_private,
                 .title = words->title,
                 .name = metainfo->name,
                 .author = words->author,
                 .source_url = words->source_url,
                 .language = words->language,
                 .tags = words->tags,
                 .description = words->description},
        .blob = upload_blob(metainfo, visit->arena),
        .edition = prepared->edition,
        .note = {.at = at, .actor_id = visit->viewer.member_id, .what = STR("published")},
    };
    FileKeys keys = file_key_list(metainfo->files, metainfo->file_count, visit->arena);
    adding.keys.keys = file_key_write(keys, visit->arena);
    if (metainfo->hash.has_v1)
        adding.work.infohash_v1 = str_from_bytes(metainfo->hash.v1, SHA1_BYTES);
    if (metainfo->hash.has_v2)
        adding.work.infohash_v2 = str_from_bytes(metainfo->hash.v2, SHA256_BYTES);
    if (prepared->state == TORRENT_QUARANTINED) adding.note.what = STR("quarantined");
    return adding;
}

static Error complete_known(Visit *visit, const Prepared *prepared) {
    UploadCompletion completion = upload_completion(&prepared->metainfo, visit->arena);
    completion.note = (TorrentNote){.torrent_id = prepared->completes,
                                    .at = visit->now,
                                    .actor_id = visit->viewer.member_id,
                                    .what = STR("completed")};
    TRY(store_write(visit->community->store, visit->arena, upload_complete, &completion));
    TRY(file_key_save(visit, prepared->completes, prepared->metainfo.files,
                      prepared->metainfo.file_count));
    if (visit->community->changed) visit->community->changed(visit->community->changed_argument);
    return torrent_index(visit, prepared->completes);
}

Error upload_add(Visit *visit, const UploadAsk *ask, ErrorList *errors, Upload *ret_upload) {
    Prepared prepared = {0};
    Upload upload = {0};
    Error result = prepare(visit, ask, errors, &prepared, &upload);
    *ret_upload = upload;
    TRY(result);
    if (prepared.completes) return complete_known(visit, &prepared);
    SwarmHash swarm = infohash_swarm(&prepared.metainfo.hash);
    Adding adding = adding_of(visit, ask, &prepared, &swarm);
    adding.work.file_count = (int64_t)upload.files;
    result = store_write(visit->community->store, visit->arena, add, &adding);
    if (result.kind == ERROR_CONFLICT) error_list_add(errors, result); /* a series made meanwhile */
    TRY(result);
    if (adding.known) {
        Error known;
        TRY(find_known(visit, &prepared.metainfo.hash, ret_upload, &prepared.completes, &known));
        error_list_add(errors, known);
        return failed(known) ? known : error(BROKEN, NULL, "The work could not be published.");
    }
    upload.id = adding.blob.torrent_id;
    upload.path = page_path(upload.id, prepared.words.title, visit->arena);
    *ret_upload = upload;
    if (prepared.state != TORRENT_VISIBLE) return OK;
    TRY(torrent_index(visit, upload.id));
    /* The pages of older editions tell of it at once. */
    if (prepared.edition.is_one && visit->community->changed)
        visit->community->changed(visit->community->changed_argument);
    return OK;
}
