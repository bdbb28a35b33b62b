#include "api/api.h"
#include "api/json.h"
#include "api/series_json.h"
#include "api/torrent_json.h"
#include "base/limits.h"
#include "community/claim.h"
#include "community/health_sample.h"
#include "community/list.h"
#include "community/member_key.h"
#include "community/upload.h"

/* --- list --- */

ListWords api_list_typed(const Form *form) {
    ListWords words = {.limit = (size_t)form_number(form, "limit", 0),
                       .facets = form_checked(form, "facets")};
    for (const FormField *field = form->kind->fields; field->name; field++) {
        Str *text = list_words_field(&words, field->name);
        if (text) *text = form_text(form, field->name);
    }
    return words;
}

static json_t *facet_json(const SearchFacets *facets) {
    json_t *list = json_array();
    for (size_t i = 0; i < facets->count; i++) {
        json_t *item = json_object();
        json_object_set_new(item, "value", json_of_str(facets->at[i].value));
        json_object_set_new(item, "count", json_integer((json_int_t)facets->at[i].count));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *facets_json(const TorrentList *list) {
    json_t *facets = json_object();
    json_object_set_new(facets, "category", facet_json(&list->categories));
    json_object_set_new(facets, "license", facet_json(&list->licences));
    json_object_set_new(facets, "language", facet_json(&list->languages));
    json_object_set_new(facets, "may", facet_json(&list->mays));
    json_object_set_new(facets, "health", facet_json(&list->healths));
    json_object_set_new(facets, "year", facet_json(&list->years));
    return facets;
}

/* What was odd about the text asked for; nothing of it is an error. */
static json_t *notes_json(const Request *request, const ErrorList *notes) {
    json_t *list = json_array();
    for (size_t i = 0; i < notes->count; i++) {
        Error e = notes->at[i];
        json_t *item = json_object();
        json_object_set_new(item, "code", json_string(error_code(e)));
        json_object_set_new(item, "field", e.field ? json_string(e.field) : json_null());
        json_object_set_new(item, "detail",
                            json_of_str(language_error(request->language, e, request->arena)));
        json_array_append_new(list, item);
    }
    return list;
}

static void add_reading(const Request *request, json_t *answer, const TorrentList *list) {
    json_t *corrections = json_array();
    for (size_t i = 0; i < list->correction_count; i++)
        json_array_append_new(corrections, json_of_str(list->corrections[i]));
    json_object_set_new(answer, "notes", notes_json(request, &list->notes));
    json_object_set_new(answer, "read_as", json_of_str_or_null(list->read_as));
    json_object_set_new(answer, "did_you_mean", corrections);
}

/* A pasted hash or magnet is a list of one; of what is gone there is no list. */
static Error pasted(Request *request, Response *response, bool *ret_done) {
    Torrent torrent;
    TRY(torrent_by_paste(request->viewer, form_text(request->form, "q"), ret_done, &torrent));
    *ret_done =
        *ret_done && (torrent.state == TORRENT_VISIBLE || torrent.state == TORRENT_QUARANTINED);
    if (!*ret_done) return OK;
    json_t *answer = json_object(), *items = json_array();
    json_array_append_new(items, torrent_json(request, &torrent));
    json_object_set_new(answer, "items", items);
    json_object_set_new(answer, "total", json_integer(1));
    json_object_set_new(answer, "total_is_exact", json_true());
    json_object_set_new(answer, "facets", json_null());
    json_object_set_new(answer, "next", json_null());
    add_reading(request, answer, &(TorrentList){0});
    json_answer(request, response, 200, answer);
    return OK;
}

Error api_torrent_list(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    ListWords words = api_list_typed(request->form);
    TorrentListAsk ask;
    list_words_parse(&words, &errors, &ask);
    if (errors.count) {
        json_problem(request, response, &(Problem){.e = errors.at[0], .errors = &errors});
        return OK;
    }
    bool done = false;
    TRY(pasted(request, response, &done));
    if (done) return OK;
    TorrentList list;
    TRY(torrent_list(request->viewer, &ask, &list));
    json_t *answer = json_object(), *items = json_array();
    for (size_t i = 0; i < list.count; i++) {
        json_t *item = torrent_json(request, &list.at[i]);
        json_object_set_new(item, "matched_path", json_of_str_or_null(list.matched_paths[i]));
        json_array_append_new(items, item);
    }
    json_object_set_new(answer, "items", items);
    json_object_set_new(answer, "total", json_integer((json_int_t)list.total));
    json_object_set_new(answer, "total_is_exact", json_true());
    json_object_set_new(answer, "facets", words.facets ? facets_json(&list) : json_null());
    json_object_set_new(answer, "next", json_of_str_or_null(list.next));
    add_reading(request, answer, &list);
    json_answer(request, response, 200, answer);
    return OK;
}

/* --- one --- */

static json_t *strings_json(const Str *strings, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(list, json_of_str(strings[i]));
    return list;
}

static Error add_contents(Visit *visit, const Torrent *torrent, json_t *item,
                          TorrentContents *contents) {
    bool there = torrent->state == TORRENT_VISIBLE || torrent->state == TORRENT_QUARANTINED;
    if (there) TRY(torrent_contents(visit, torrent, contents));
    json_object_set_new(item, "trackers",
                        strings_json(contents->trackers, contents->tracker_count));
    json_object_set_new(item, "webseeds",
                        strings_json(contents->web_seeds, contents->web_seed_count));
    return OK;
}

static json_t *foreign_json(Arena *arena, const Claims *claims) {
    json_t *list = json_array();
    for (size_t i = 0; i < claims->foreign_count; i++) {
        const ForeignClaim *claim = &claims->foreign[i];
        bool counted = claim->checked_at > 0;
        json_t *item = json_object();
        json_object_set_new(item, "tracker", json_of_str(claim->tracker));
        json_object_set_new(item, "seeders", counted ? json_integer(claim->seeders) : json_null());
        json_object_set_new(item, "leechers",
                            counted ? json_integer(claim->leechers) : json_null());
        json_object_set_new(item, "completed",
                            counted ? json_integer((json_int_t)claim->completed) : json_null());
        json_object_set_new(item, "checked_at", json_of_time(arena, claim->checked_at));
        json_object_set_new(item, "state", json_of_str(claim->outcome));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *seeds_json(Arena *arena, const TorrentContents *contents, const Claims *claims) {
    json_t *list = json_array();
    for (size_t i = 0; i < contents->web_seed_count; i++) {
        const SeedClaim *claim = claim_of_seed(claims, contents->web_seeds[i]);
        json_t *item = json_object();
        json_object_set_new(item, "url", json_of_str(contents->web_seeds[i]));
        json_object_set_new(item, "state", claim ? json_of_str(claim->outcome) : json_null());
        json_object_set_new(item, "checked_at", json_of_time(arena, claim ? claim->checked_at : 0));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *reach_json(Arena *arena, const Claims *claims) {
    if (claims->probed == 0) return json_null();
    json_t *reach = json_object();
    json_object_set_new(reach, "probed", json_integer((json_int_t)claims->probed));
    json_object_set_new(reach, "reachable", json_integer((json_int_t)claims->reachable));
    json_object_set_new(reach, "checked_at", json_of_time(arena, claims->probed_at));
    return reach;
}

/* What others say of it; of a work that is gone, nothing. */
static Error add_claims(Visit *visit, const Torrent *torrent, const TorrentContents *contents,
                        json_t *item) {
    bool there = torrent->state == TORRENT_VISIBLE || torrent->state == TORRENT_QUARANTINED;
    Claims claims = {0};
    if (there) TRY(claim_list(visit, torrent->id, &claims));
    json_object_set_new(item, "webseed_checks", seeds_json(visit->arena, contents, &claims));
    json_object_set_new(item, "foreign", foreign_json(visit->arena, &claims));
    json_object_set_new(item, "reach", reach_json(visit->arena, &claims));
    return OK;
}

/* As values, 200,000 files would take twenty times the room of their text. */
static void write_files(Text *text, const TorrentContents *contents) {
    text_add_byte(text, '[');
    for (size_t i = 0; i < contents->file_count; i++) {
        text_add(text, i ? STR(",{\"path\":") : STR("{\"path\":"));
        json_write_str(text, contents->files[i].path);
        text_add(text, STR(",\"size_bytes\":"));
        text_add_u64(text, contents->files[i].size_bytes);
        text_add_byte(text, '}');
    }
    text_add_byte(text, ']');
}

static Error answer_with_files(Request *request, Response *response, json_t *item,
                               const TorrentContents *contents) {
    enum { FILE_ROOM_BYTES = 48 }; /* around a path */
    Str others = json_text(request->arena, item);
    Text text = text_create(request->arena, API_ANSWER_BYTES_MAX);
    size_t room = others.len + contents->file_count * FILE_ROOM_BYTES;
    for (size_t i = 0; i < contents->file_count; i++) room += contents->files[i].path.len;
    if (text_extend(&text, room)) text.len = 0; /* once, not by doubling */
    text_add(&text, STR("{\"file_list\":"));
    write_files(&text, contents);
    text_add_byte(&text, ',');
    text_add(&text, str_skip(others, 1));
    if (text.full)
        return error(UNAVAILABLE, "answer_too_large", "This answer became too large to send.");
    response_body(response, STR("application/json"), text_str(&text));
    return OK;
}

static Error add_hosts(Visit *visit, const Torrent *torrent, json_t *item) {
    TorrentHosts hosts;
    TRY(member_key_hosts(visit, torrent, &hosts));
    json_object_set_new(item, "hosts", strings_json(hosts.names, hosts.count));
    json_object_set_new(item, "hosts_unnamed", json_integer((json_int_t)hosts.unnamed));
    return OK;
}

static Error add_history(Visit *visit, const Torrent *torrent, json_t *item) {
    TorrentEvent *events;
    size_t count;
    TRY(torrent_history(visit, torrent->id, &events, &count));
    json_t *history = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *event = json_object();
        json_object_set_new(event, "at", json_of_time(visit->arena, events[i].at));
        json_object_set_new(event, "actor", json_of_str(events[i].actor));
        json_object_set_new(event, "what", json_of_str(events[i].what));
        json_object_set_new(event, "detail", json_of_str(events[i].detail));
        json_array_append_new(history, event);
    }
    json_object_set_new(item, "history", history);
    return OK;
}

/* Steps: what stands in one holds until the next. */
static json_t *steps_json(Arena *arena, const HealthSteps *steps, Seconds span_s) {
    json_t *list = json_array();
    for (size_t i = 0; i < steps->count; i++) {
        const HealthStep *step = &steps->at[i];
        json_t *item = json_object();
        json_object_set_new(item, "at", json_of_time(arena, (Seconds)step->at * span_s));
        json_object_set_new(item, "seeders", json_integer(step->seeders));
        json_object_set_new(item, "leechers", json_integer(step->leechers));
        json_object_set_new(item, "completed", json_integer(step->completed));
        json_array_append_new(list, item);
    }
    return list;
}

static Error add_health(Visit *visit, const Torrent *torrent, json_t *item) {
    enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };
    Arena *arena = visit->arena;
    HealthHistory history;
    TRY(health_find(visit, torrent->id, &history));
    health_compact(&history.hours, &history.days, (uint32_t)(visit->now / HOUR_S), arena);
    json_t *counts = json_object(), *past = json_object();
    json_object_set_new(counts, "seeders_v6", json_integer(torrent->seeders_v6));
    json_object_set_new(counts, "leechers_v6", json_integer(torrent->leechers_v6));
    json_object_set_new(counts, "seeders_web", json_integer(torrent->seeders_web));
    json_object_set_new(counts, "leechers_web", json_integer(torrent->leechers_web));
    json_object_set_new(past, "hours", steps_json(arena, &history.hours, HOUR_S));
    json_object_set_new(past, "days", steps_json(arena, &history.days, DAY_S));
    json_object_set_new(item, "counts", counts);
    json_object_set_new(item, "first_seeder_at", json_of_time(arena, torrent->first_seeder_at));
    json_object_set_new(item, "health_history", past);
    return OK;
}

static Error add_same(const Request *request, const Torrent *torrent,
                      const TorrentContents *contents, json_t *item) {
    SameFiles same;
    TRY(file_key_match(request->viewer, contents->files, contents->file_count, torrent->id, &same));
    json_object_set_new(item, "same_files", series_json_same(request, &same));
    return OK;
}

Error api_torrent_show(Request *request, Response *response) {
    Visit *visit = request->viewer;
    int64_t id = 0;
    Torrent torrent;
    if (!str_to_i64(request_value(request, "id"), &id))
        return error(NOT_FOUND, "no_such_torrent", "There is no work with this number.");
    TRY(torrent_find(visit, id, &torrent));
    json_t *item = torrent_json(request, &torrent);
    json_object_set_new(item, "description", json_of_str(torrent.description));
    json_object_set_new(item, "name", json_of_str(torrent.name));
    json_object_set_new(item, "piece_length", json_integer((json_int_t)torrent.piece_length));
    json_object_set_new(item, "state_reason", json_of_str_or_null(torrent.state_reason));
    json_object_set_new(item, "state_note", json_of_str_or_null(torrent.state_note));
    TorrentContents contents = {0};
    Error e = add_contents(visit, &torrent, item, &contents);
    if (!failed(e)) e = add_claims(visit, &torrent, &contents, item);
    if (!failed(e)) e = add_hosts(visit, &torrent, item);
    if (!failed(e)) e = add_history(visit, &torrent, item);
    if (!failed(e)) e = add_health(visit, &torrent, item);
    if (!failed(e)) e = series_json_add(request, &torrent, item);
    if (!failed(e)) e = add_same(request, &torrent, &contents, item);
    if (failed(e)) {
        json_decref(item);
        return e;
    }
    return answer_with_files(request, response, item, &contents);
}

/* --- publish --- */

static TorrentWords words_typed(const Form *form) {
    return (TorrentWords){
        .title = form_text(form, "title"),
        .description = form_text(form, "description"),
        .category = form_text(form, "category"),
        .tags = form_text(form, "tags"),
        .license = form_text(form, "license"),
        .author = form_text(form, "author"),
        .source_url = form_text(form, "source_url"),
        .language = form_text(form, "language"),
    };
}

static json_t *hashes_json(const Request *request, const Upload *upload) {
    json_t *answer = json_object();
    Str v1 = infohash_v1_hex(&upload->hash, request->arena),
        v2 = infohash_v2_hex(&upload->hash, request->arena);
    json_object_set_new(answer, "infohash_v1", json_of_str_or_null(v1));
    json_object_set_new(answer, "infohash_v2", json_of_str_or_null(v2));
    return answer;
}

static json_t *verdict_json(const Request *request, const Upload *upload, const ErrorList *errors) {
    json_t *answer = hashes_json(request, upload), *faults = json_array();
    json_object_set_new(answer, "verdict", json_string(errors->count ? "refused" : "ok"));
    json_object_set_new(answer, "files", json_integer((json_int_t)upload->files));
    json_object_set_new(answer, "size_bytes", json_integer((json_int_t)upload->size_bytes));
    for (size_t i = 0; i < errors->count; i++) {
        Error e = errors->at[i];
        json_t *item = json_object();
        json_object_set_new(item, "field", e.field ? json_string(e.field) : json_null());
        json_object_set_new(item, "code", json_string(error_code(e)));
        json_object_set_new(item, "detail",
                            json_of_str(language_error(request->language, e, request->arena)));
        json_array_append_new(faults, item);
    }
    json_object_set_new(answer, "errors", faults);
    if (!upload->same.count) return answer;
    json_t *same = series_json_same(request, &upload->same);
    json_object_set_new(same, "all", json_boolean(upload->same.has_all));
    json_object_set_new(same, "is_certain", json_boolean(!upload->same.is_guess));
    json_object_set_new(answer, "same_files", same);
    return answer;
}

static json_t *published_json(const Request *request, const Upload *upload) {
    json_t *answer = hashes_json(request, upload);
    json_object_set_new(answer, "id", json_of_id(request->arena, upload->id));
    json_object_set_new(answer, "url", json_of_str(torrent_json_url(request, upload->path)));
    json_object_set_new(answer, "state", json_string(torrent_state_name(upload->state)));
    return answer;
}

/* In the address of a POST only dry_run may stand. */
static Error wants_dry_run(const Request *request, bool *ret_dry_run) {
    *ret_dry_run = form_checked(request->form, "dry_run");
    bool known = str_is_empty(request->query) || str_equal(request->query, STR("dry_run=0")) ||
                 str_equal(request->query, STR("dry_run=1"));
    if (known) return OK;
    return error_field(BAD_INPUT, "dry_run", "undeclared_field",
                       "Only dry_run=1 may stand in the address.");
}

Error api_torrent_add(Request *request, Response *response) {
    bool dry_run;
    TRY(wants_dry_run(request, &dry_run));
    ErrorList errors = form_faults(request);
    UploadAsk ask = {.torrent = form_value(request->form, "torrent")->value,
                     .words = words_typed(request->form),
                     .edition = {.series = form_text(request->form, "series"),
                                 .series_name = form_text(request->form, "series_name"),
                                 .label = form_text(request->form, "edition"),
                                 .date = form_text(request->form, "edition_date")}};
    Upload upload = {0};
    bool only_check = dry_run || errors.count > 0;
    Error e = only_check ? upload_check(request->viewer, &ask, &errors, &upload)
                         : upload_add(request->viewer, &ask, &errors, &upload);
    if (failed(e) && errors.count == 0) return e;
    if (dry_run) {
        json_answer(request, response, 200, verdict_json(request, &upload, &errors));
    } else if (errors.count) {
        Problem problem = {.e = failed(e) ? e : errors.at[0], .errors = &errors};
        if (upload.path.len) problem.existing = torrent_json_url(request, upload.path);
        json_problem(request, response, &problem);
    } else {
        json_t *answer = published_json(request, &upload);
        Str url = torrent_json_url(request, upload.path);
        response_header(response, STR("Location"), url);
        json_answer(request, response, 201, answer);
    }
    return OK;
}
