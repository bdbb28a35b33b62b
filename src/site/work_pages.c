#include "community/permission.h"
#include "site/torrent_row.h"
#include "site/work_fields.h"

/* The work of the address, if the viewer may edit it. */
static Error find_own(const Request *request, Torrent *ret_torrent) {
    Visit *visit = page_visit(request);
    TRY(torrent_find(visit, page_id(request), ret_torrent));
    return permission_edit(visit, ret_torrent->uploader_id);
}

static Url link_of(const Request *request, const Torrent *torrent) {
    return url_path(torrent_path(page_visit(request), request->language, torrent));
}

/* --- edit --- */

static Error answer_edit(Request *request, Response *response, const Torrent *torrent,
                         const TorrentWords *words, const ErrorList *errors) {
    EditPage page = {.layout = page_layout(request, page_words(request, "Edit a work"), "browse")};
    page_form(request, response, &page.layout);
    page.id = torrent->id;
    page.link = link_of(request, torrent);
    page.name = torrent->title;
    page.work = work_fields_shown(request, words, errors);
    page.faults = faults_of(request->arena, request->language, errors);
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_edit(&writer, &page);
    return page_answer(response, &writer);
}

Error page_edit(Request *request, Response *response) {
    Torrent torrent;
    TRY(find_own(request, &torrent));
    TorrentWords words = work_fields_of(&torrent, request->arena);
    return answer_edit(request, response, &torrent, &words, &(ErrorList){.arena = request->arena});
}

Error page_edit_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Torrent torrent;
    TRY(find_own(request, &torrent));
    ErrorList errors = form_faults(request);
    TorrentWords words = work_fields_typed(request->form);
    Error e = errors.count ? error_list_first(&errors)
                           : torrent_change(visit, torrent.id, &words, &errors);
    if (failed(e) && errors.count == 0) return e;
    if (errors.count) return answer_edit(request, response, &torrent, &words, &errors);
    TRY(torrent_find(visit, torrent.id, &torrent)); /* the title may have changed the address */
    response_redirect(response, torrent_path(visit, request->language, &torrent));
    return OK;
}

/* --- withdraw --- */

static Error answer_withdraw(Request *request, Response *response, const Torrent *torrent,
                             const ErrorList *errors) {
    WithdrawPage page = {
        .layout = page_layout(request, page_words(request, "Withdraw a work"), "browse")};
    page_form(request, response, &page.layout);
    page.id = torrent->id;
    page.link = link_of(request, torrent);
    page.title = torrent->title;
    Str note = request->form ? form_text(request->form, "note") : (Str){0};
    page.note = field_of(request->arena, request->language, errors, "note", note);
    page.faults = faults_of(request->arena, request->language, errors);
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_withdraw(&writer, &page);
    return page_answer(response, &writer);
}

Error page_withdraw(Request *request, Response *response) {
    Torrent torrent;
    TRY(find_own(request, &torrent));
    return answer_withdraw(request, response, &torrent, &(ErrorList){.arena = request->arena});
}

Error page_withdraw_post(Request *request, Response *response) {
    Torrent torrent;
    TRY(find_own(request, &torrent));
    ErrorList errors = form_faults(request);
    if (errors.count) return answer_withdraw(request, response, &torrent, &errors);
    TRY(torrent_withdraw(page_visit(request), torrent.id, form_text(request->form, "note")));
    response_redirect(response, torrent_path(page_visit(request), request->language, &torrent));
    return OK;
}
