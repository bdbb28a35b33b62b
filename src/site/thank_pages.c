#include "community/thank.h"

#include "site/page.h"

static Error back(const Request *request, Response *response) {
    Torrent torrent;
    TRY(torrent_find(page_visit(request), page_id(request), &torrent));
    Str path = torrent_path(page_visit(request), request->language, &torrent);
    response_redirect(response, arena_print(request->arena, "%.*s#thanks", STR_PRINTF(path)));
    return OK;
}

Error page_thank_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(thank_add(page_visit(request), page_id(request)));
    return back(request, response);
}

Error page_thank_remove_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(thank_remove(page_visit(request), page_id(request)));
    return back(request, response);
}
