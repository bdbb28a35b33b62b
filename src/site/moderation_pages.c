#include "community/permission.h"
#include "site/torrent_row.h"

Error page_moderation(Request *request, Response *response) {
    ModerationPage page = {
        .layout = page_layout(request, page_words(request, "Moderation"), "moderation")};
    page_form(request, response, &page.layout);
    TorrentList list;
    TRY(torrent_list_waiting(page_visit(request), &list));
    page.rows = torrent_rows(request, &list);
    page.total = list.total;
    HtmlWriter writer = page_writer(request);
    view_moderation(&writer, &page);
    return page_answer(response, &writer);
}

Error page_publish_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Torrent torrent;
    TRY(torrent_find(visit, page_id(request), &torrent));
    TRY(torrent_publish(visit, torrent.id));
    response_redirect(response, torrent_path(visit, request->language, &torrent));
    return OK;
}

static Error answer_remove(Request *request, Response *response, const Torrent *torrent,
                           const ErrorList *errors) {
    RemovePage page = {
        .layout = page_layout(request, page_words(request, "Remove a work"), "moderation")};
    page_form(request, response, &page.layout);
    Str reason = request->form ? form_text(request->form, "reason") : (Str){0};
    Str note = request->form ? form_text(request->form, "note") : (Str){0};
    page.link = url_path(torrent_path(page_visit(request), request->language, torrent));
    page.title = torrent->title;
    page.reasons = removal_reasons(request->arena, reason);
    page.reason = field_of(request->arena, request->language, errors, "reason", reason);
    page.note = field_of(request->arena, request->language, errors, "note", note);
    page.faults = faults_of(request->arena, request->language, errors);
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_remove(&writer, &page);
    return page_answer(response, &writer);
}

Error page_remove(Request *request, Response *response) {
    Torrent torrent;
    TRY(torrent_find(page_visit(request), page_id(request), &torrent));
    return answer_remove(request, response, &torrent, &(ErrorList){.arena = request->arena});
}

Error page_remove_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Torrent torrent;
    TRY(torrent_find(visit, page_id(request), &torrent));
    if (request->form->errors.count)
        return answer_remove(request, response, &torrent, &request->form->errors);
    TRY(torrent_remove(visit, torrent.id, form_text(request->form, "reason"),
                       form_text(request->form, "note")));
    response_redirect(response, torrent_path(visit, request->language, &torrent));
    return OK;
}
