#include "community/draft.h"
#include "site/series_view.h"
#include "site/torrent_row.h"
#include "site/work_fields.h"

/* What one posting of the form amounts to. */
typedef struct {
    Str torrent; /* the bytes: sent now, or kept from before; empty: none yet */
    Str token;   /* under which they are kept */
    TorrentWords words;
    EditionWords edition;
    bool same_files; /* meant so, although every file is here already */
    ErrorList errors;
    Upload upload;
} Posting;

static Error answer_upload(Request *request, Response *response, const Posting *posting) {
    Visit *visit = page_visit(request);
    const CommunitySettings *settings = visit->community->settings;
    UploadPage page = {.layout =
                           page_layout(request, page_words(request, "Publish a work"), "upload")};
    page_form(request, response, &page.layout);
    page.work = work_fields_shown(request, &posting->words, &posting->errors);
    page.faults = faults_of(request->arena, request->language, &posting->errors);
    page.torrent =
        field_of(request->arena, request->language, &posting->errors, "torrent", (Str){0});
    page.announce_urls = (Strs){settings->announce_urls, settings->announce_url_count};
    page.waits_for_review = settings->review_new_members && visit->viewer.role == ROLE_MEMBER;
    Metainfo metainfo;
    if (posting->token.len &&
        !failed(metainfo_parse(posting->torrent, request->arena, &metainfo))) {
        page.kept = posting->token;
        page.kept_name = metainfo.name;
        page.kept_size_bytes = metainfo.size_bytes;
        page.kept_files = posting->upload.files ? posting->upload.files : metainfo.file_count;
        page.kept_private = metainfo.is_private;
        page.kept_hash = metainfo.hash.has_v1 ? infohash_v1_hex(&metainfo.hash, request->arena)
                                              : infohash_v2_hex(&metainfo.hash, request->arena);
    }
    if (posting->upload.path.len)
        page.existing = url_path(page_path(request, str_c(request->arena, posting->upload.path)));
    page.existing_title = posting->upload.suggested_title;
    page.same = series_view_same(request, &posting->upload.same);
    page.same_files = field_of(request->arena, request->language, &posting->errors, "same_files",
                               posting->same_files ? STR("1") : (Str){0});
    TRY(series_view_fill_upload(request, &posting->edition, &posting->errors, &page));
    if (posting->errors.count) response->status = error_status(posting->errors.at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_upload(&writer, &page);
    return page_answer(response, &writer);
}

Error page_upload(Request *request, Response *response) {
    Posting posting = {.errors = {.arena = request->arena}};
    return answer_upload(request, response, &posting);
}

/* The file sent now, or the one kept from the step before. */
static void take_torrent(const Request *request, Posting *posting) {
    const FormValue *sent = form_value(request->form, "torrent");
    Str kept = form_text(request->form, "kept");
    posting->torrent = sent->value;
    if (sent->value.len || str_is_empty(kept)) return;
    Error e = draft_find(page_visit(request), kept, &posting->torrent);
    if (e.kind == ERROR_NOT_FOUND)
        e.kind = ERROR_BAD_INPUT; /* the page is there, the file is not */
    error_list_add(&posting->errors, e);
    if (!failed(e)) posting->token = kept;
}

/* So that a form that comes back need not be sent the file again. A file that is no torrent is not
 * worth it. */
static Error keep_torrent(const Request *request, Posting *posting) {
    bool bad = error_list_find(&posting->errors, "torrent") != NULL;
    if (posting->token.len || str_is_empty(posting->torrent) || bad) return OK;
    return draft_keep(page_visit(request), posting->torrent, &posting->token);
}

/* Only what concerns the file itself: in the first step the words are not asked for yet. */
static ErrorList faults_of_file(const ErrorList *errors) {
    ErrorList kept = {.arena = errors->arena};
    for (size_t i = 0; i < errors->count; i++) {
        const Error *e = &errors->at[i];
        bool about_file = !e->field || strcmp(e->field, "torrent") == 0;
        if (about_file) error_list_add(&kept, *e);
    }
    return kept;
}

static Error look(Request *request, Response *response, Posting *posting, const UploadAsk *ask) {
    /* Every fault is in the list already: what counts is what the list says of the file. */
    Error e = upload_check(page_visit(request), ask, &posting->errors, &posting->upload);
    if (failed(e) && posting->errors.count == 0) return e;
    posting->errors = faults_of_file(&posting->errors);
    TRY(keep_torrent(request, posting));
    if (str_is_empty(posting->words.title) && posting->errors.count == 0)
        posting->words.title = posting->upload.suggested_title;
    return answer_upload(request, response, posting);
}

static Error publish(Request *request, Response *response, Posting *posting, const UploadAsk *ask) {
    Visit *visit = page_visit(request);
    Error e = posting->errors.count ? upload_check(visit, ask, &posting->errors, &posting->upload)
                                    : upload_add(visit, ask, &posting->errors, &posting->upload);
    if (failed(e) && posting->errors.count == 0) return e;
    if (posting->errors.count) {
        TRY(keep_torrent(request, posting));
        return answer_upload(request, response, posting);
    }
    response_redirect(response, page_path(request, str_c(request->arena, posting->upload.path)));
    return OK;
}

Error page_upload_post(Request *request, Response *response) {
    Posting posting = {.errors = form_faults(request),
                       .words = work_fields_typed(request->form),
                       .edition = series_view_typed(request->form),
                       .same_files = form_checked(request->form, "same_files")};
    take_torrent(request, &posting);
    bool publishes = !str_equal(form_text(request->form, "step"), STR("look"));
    UploadAsk ask = {.torrent = posting.torrent,
                     .words = posting.words,
                     .edition = posting.edition,
                     .stop_at_known_files = publishes && !posting.same_files};
    return publishes ? publish(request, response, &posting, &ask)
                     : look(request, response, &posting, &ask);
}
