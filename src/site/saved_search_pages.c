#include "community/saved_search.h"

#include "site/page.h"

static Url address_of(const Request *request, const SavedSearch *search, const char *path,
                      Str sort) {
    UrlPair pairs[] = {{STR("q"), search->query}, {STR("sort"), sort}};
    return url_query(request->arena, page_path(request, path), pairs, 2);
}

Error page_saved_searches(Request *request, Response *response) {
    SavedSearch *searches;
    size_t count;
    TRY(saved_search_list(page_visit(request), &searches, &count));
    SavedSearchItem *items = arena_new(request->arena, SavedSearchItem, count);
    for (size_t i = 0; i < count; i++)
        items[i] = (SavedSearchItem){
            .id = searches[i].id,
            .query = searches[i].query,
            .link = address_of(request, &searches[i], "/search", searches[i].sort),
            .feed = address_of(request, &searches[i], "/search.rss", STR("newest")),
            .feed_atom = address_of(request, &searches[i], "/search.atom", STR("newest")),
            .created_at = searches[i].created_at};
    SavedSearchesPage page = {
        .layout = page_layout(request, page_words(request, "Searches you keep"), "browse"),
        .searches = {items, count}};
    page_form(request, response, &page.layout);
    HtmlWriter writer = page_writer(request);
    view_saved_searches(&writer, &page);
    return page_answer(response, &writer);
}

Error page_saved_search_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(saved_search_add(page_visit(request), form_text(request->form, "q"),
                         form_text(request->form, "sort")));
    response_redirect(response, page_path(request, "/searches"));
    return OK;
}

Error page_saved_search_remove_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(saved_search_remove(page_visit(request), form_number(request->form, "id", 0)));
    response_redirect(response, page_path(request, "/searches"));
    return OK;
}
