#include "community/account.h"
#include "community/member_key.h"
#include "site/collection_view.h"
#include "site/list_page.h"
#include "site/torrent_row.h"

/* One's own page shows waiting and withdrawn works too; others see what everybody may. */
static Error works_of(Request *request, const Account *account, MemberPage *page) {
    Visit *visit = page_visit(request);
    TorrentList list;
    if (page->own) {
        TRY(torrent_list_of_member(visit, account->id, &list));
    } else {
        ErrorList errors = form_faults(request);
        TorrentListAsk ask = list_page_ask(request, &errors);
        TRY(error_list_first(&errors));
        ask.ask.uploader = account->name;
        if (ask.ask.sort == SEARCH_BY_RELEVANCE) ask.ask.sort = SEARCH_BY_NEWEST;
        TRY(torrent_list(visit, &ask, &list));
        if (list.next.len) page->next = list_page_link(request, "cursor", list.next);
        if (form_text(request->form, "cursor").len)
            page->first = list_page_link(request, "cursor", (Str){0});
    }
    page->rows = torrent_rows(request, &list);
    page->works = list.total;
    return OK;
}

static Error hosted_by(const Request *request, int64_t member_id, LinkItems *ret_items) {
    Visit *visit = page_visit(request);
    Torrent *works;
    size_t count;
    TRY(member_key_hosted(visit, member_id, &works, &count));
    LinkItem *items = arena_new(request->arena, LinkItem, count);
    for (size_t i = 0; i < count; i++)
        items[i] = (LinkItem){.label = works[i].title,
                              .link = url_path(torrent_path(visit, request->language, &works[i]))};
    *ret_items = (LinkItems){items, count};
    return OK;
}

Error page_member(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Account account;
    TRY(account_find(visit, request_value(request, "name"), &account));
    MemberPage page = {
        .layout = page_layout(request, account.name, "browse"),
        .name = account.name,
        .role = str_from_c(role_name(account.role)),
        .joined_at = account.created_at,
        .own = visit->viewer.member_id == account.id,
        .banned = account.banned,
    };
    page_offer_feed(request, &page.layout);
    TRY(works_of(request, &account, &page));
    TRY(hosted_by(request, account.id, &page.hosted));
    CollectionList collections;
    TRY(collection_list_of_member(visit, account.id, &collections));
    page.collections = collection_view_items(request, &collections);
    HtmlWriter writer = page_writer(request);
    view_member(&writer, &page);
    return page_answer(response, &writer);
}
