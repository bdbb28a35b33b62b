#include <jansson.h>
#include <sys/stat.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/random.h"
#include "command/commands.h"
#include "command/content.h"
#include "command/sample_past.h"
#include "command/work.h"
#include "community/account.h"

enum {
    DAY_S = 24 * 60 * 60,
    PASSWORD_BYTES = 12,
    FILE_BYTES_MAX = 32 * MIB,
    WORK_ARENA_BYTES = 512 * MIB
};

typedef struct {
    const char *path;
    CreateKind kind;
    const char *category, *license, *title, *author, *source, *language, *tags;
    unsigned by, days_ago;
    const char *description;
} SampleWork;

#define V1 CREATE_V1
#define V2 CREATE_V2
#define HYBRID CREATE_HYBRID
#define SAMPLE(...) {__VA_ARGS__},
static const SampleWork works[] = {
#include "command/sample.def"
};
#undef SAMPLE
#undef V1
#undef V2
#undef HYBRID
enum { WORK_COUNT = sizeof works / sizeof works[0] };

/* The first is the administrator. */
static const struct {
    const char *name;
    Role role;
} people[] = {{"ada", ROLE_ADMIN},    {"basile", ROLE_TRUSTED}, {"chloe", ROLE_MODERATOR},
              {"dagny", ROLE_MEMBER}, {"emil", ROLE_MEMBER},    {"farah", ROLE_MEMBER}};
enum { PEOPLE_COUNT = sizeof people / sizeof people[0] };

static Error add_people(Call *call, int64_t ids[PEOPLE_COUNT], Str *ret_password) {
    for (size_t i = 0; i < PEOPLE_COUNT; i++) {
        uint8_t bytes[PASSWORD_BYTES];
        random_bytes(bytes, sizeof bytes);
        AccountAsk ask = {.name = str_from_c(people[i].name),
                          .email = arena_print(call->arena, "%s@sample.invalid", people[i].name),
                          .password = base64url_write(call->arena, bytes, sizeof bytes),
                          .role = people[i].role};
        ErrorList errors = {.arena = call->arena};
        TRY(account_add(call->visit, &ask, &errors, &ids[i]));
        if (i == 0) *ret_password = ask.password;
    }
    return OK;
}

/* --- the content, copied so that a client may seed it without touching the system's own files ---
 */

static Error copy_file(Str from, Str to, Arena *arena) {
    Str bytes;
    TRY(file_read(from, FILE_BYTES_MAX, arena, &bytes));
    return file_write(to, bytes, 0644);
}

static Error copy_content(Str from, Str to, Arena *arena) {
    FileEntry *entries;
    size_t count;
    struct stat status;
    if (stat(str_c(arena, from), &status) == 0 && !S_ISDIR(status.st_mode))
        return copy_file(from, to, arena);
    TRY(file_list(from, arena, &entries, &count));
    TRY(file_make_folder(to, 0755));
    for (size_t i = 0; i < count; i++) {
        Str target = arena_print(arena, "%.*s/%.*s", STR_PRINTF(to), STR_PRINTF(entries[i].name));
        if (str_equal(entries[i].name, STR("__pycache__"))) continue;
        TRY(copy_content(entries[i].path, target, arena));
    }
    return OK;
}

/* --- the works --- */

static TorrentWords words_of(const SampleWork *work) {
    return (TorrentWords){.title = str_from_c(work->title),
                          .description = str_from_c(work->description),
                          .category = str_from_c(work->category),
                          .tags = str_from_c(work->tags),
                          .license = str_from_c(work->license),
                          .author = str_from_c(work->author),
                          .source_url = str_from_c(work->source),
                          .language = str_from_c(work->language)};
}

static Error publish(Visit *visit, const SampleWork *work, Str content, SamplePast *past) {
    ContentAsk content_ask = {.path = content,
                              .options = {.kind = work->kind, .created_by = STR("essaim")}};
    UploadAsk ask = {.words = words_of(work), .vouched = true};
    ask.published_at =
        visit->now - (Seconds)work->days_ago * DAY_S - (Seconds)(random_u64() % DAY_S);
    TRY(content_create(&content_ask, visit->arena, &ask.torrent));
    ErrorList errors = {.arena = visit->arena};
    Upload upload;
    Torrent torrent;
    Str served, name;
    TRY(upload_add(visit, &ask, &errors, &upload));
    TRY(torrent_find(visit, upload.id, &torrent));
    TRY(torrent_file(visit, &torrent, &served, &name));
    TRY(sample_past_tell(past, visit, &upload, (unsigned)(work - works), ask.published_at));
    return file_write(arena_print(visit->arena, "%.*s.torrent", STR_PRINTF(content)), served, 0644);
}

static Error add_work(Call *call, const SampleWork *work, SamplePast *past, int64_t member_id,
                      Arena *arena) {
    Visit visit = *call->visit;
    visit.arena = arena;
    visit.viewer.member_id = member_id;
    visit.viewer.name = str_from_c(people[work->by].name);
    Str folder = call->settings->data_folder, name = str_from_c(work->path);
    while (str_find_byte(name, '/') != STR_NONE) str_cut(&name, '/');
    Str content = arena_print(arena, "%.*s/sample/%.*s", STR_PRINTF(folder), STR_PRINTF(name));
    TRY(copy_content(str_from_c(work->path), content, arena));
    return publish(&visit, work, content, past);
}

/* How many were published. What this machine does not have is passed over. */
static size_t add_works(Call *call, const int64_t ids[PEOPLE_COUNT], SamplePast *past) {
    size_t added = 0;
    for (size_t i = 0; i < WORK_COUNT; i++) {
        struct stat status;
        if (stat(works[i].path, &status) != 0) continue;
        Arena arena = arena_create(WORK_ARENA_BYTES);
        Error e = add_work(call, &works[i], past, ids[works[i].by], &arena);
        if (failed(e)) {
            Str why = error_text(e, &arena);
            Str line = arena_print(&arena, "essaim: passed over %s: %.*s\n", works[i].path,
                                   STR_PRINTF(why));
            call->io->err(call->io->end, line);
        }
        added += !failed(e);
        arena_free(&arena);
    }
    return added;
}

static void say_what_is_there(Call *call, size_t added, Str password) {
    Str folder = arena_print(call->arena, "%.*s/sample", STR_PRINTF(call->settings->data_folder));
    if (!call->json) {
        call_print(call, "Sign in as %s (administrator) with the password %.*s\n", people[0].name,
                   STR_PRINTF(password));
        call_print(call, "%zu works are published; their files lie in %.*s\n", added,
                   STR_PRINTF(folder));
        return;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "administrator", json_string(people[0].name));
    json_object_set_new(answer, "password", json_stringn(password.at, password.len));
    json_object_set_new(answer, "works", json_integer((json_int_t)added));
    json_object_set_new(answer, "folder", json_stringn(folder.at, folder.len));
    call_print_json(call, answer);
}

Error command_sample(Call *call) {
    bool any = true;
    int64_t ids[PEOPLE_COUNT];
    TRY(account_any(call->visit, &any));
    if (any)
        return error(CONFLICT, "not_empty",
                     "There are accounts here already: the sample is for an empty site.");
    TRY(file_make_folder(
        arena_print(call->arena, "%.*s/sample", STR_PRINTF(call->settings->data_folder)), 0755));
    Str password = {0};
    TRY(add_people(call, ids, &password));
    SamplePast *past = arena_new(call->arena, SamplePast, 1);
    sample_past_begin(past, call->visit->now);
    size_t added = add_works(call, ids, past);
    TRY(sample_past_end(past, call->visit, PEOPLE_COUNT));
    say_what_is_there(call, added, password);
    return OK;
}
