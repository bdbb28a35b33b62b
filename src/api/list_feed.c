#include "api/api.h"
#include "api/feed.h"
#include "community/account.h"
#include "community/collection.h"
#include "community/list.h"
#include "community/tag.h"

/* What the page beside it lists, in the same order; without words the newest first. */
static Error list_of(const Request *request, TorrentListAsk *ask, Feed *feed) {
    ErrorList errors = form_faults(request);
    ListWords words = api_list_typed(request->form);
    TorrentListAsk typed;
    list_words_parse(&words, &errors, &typed);
    TRY(error_list_first(&errors));
    typed.ask.facets = false;
    if (ask->category_code.len) typed.category_code = ask->category_code;
    if (ask->ask.uploader.len) typed.ask.uploader = ask->ask.uploader;
    if (ask->ask.tag.len) typed.ask.tag = ask->ask.tag;
    if (typed.ask.sort == SEARCH_BY_RELEVANCE && typed.ask.text.len == 0)
        typed.ask.sort = SEARCH_BY_NEWEST;
    TorrentList list;
    TRY(torrent_list(request->viewer, &typed, &list));
    feed->works = list.at;
    feed->count = list.count;
    feed->page = feed_page_of(request);
    /* Health and counts let old works in; so may words. */
    bool is_dated = typed.ask.sort == SEARCH_BY_NEWEST && typed.ask.text.len == 0 &&
                    !typed.by_health && typed.ask.min_seeders == 0;
    if (is_dated) feed->changed_at = feed_newest(list.at, list.count);
    return OK;
}

Error feed_home(Request *request, Response *response) {
    TorrentListAsk ask = {0};
    Feed feed = {.title = feed_words(request, "Newest")};
    TRY(list_of(request, &ask, &feed));
    return feed_answer(request, response, &feed);
}

Error feed_browse(Request *request, Response *response) {
    Str code = request_value(request, "category");
    const Category *category = category_find(code);
    if (!category && !str_equal(code, STR("all")))
        return error(NOT_FOUND, "unknown_category", "There is no category \"{}\".", code);
    TorrentListAsk ask = {.category_code = category ? code : (Str){0}};
    Feed feed = {.title = feed_words(request, category ? category->name : "All works"),
                 .words = category ? feed_words(request, category->words) : (Str){0}};
    TRY(list_of(request, &ask, &feed));
    return feed_answer(request, response, &feed);
}

Error feed_search(Request *request, Response *response) {
    Str q = form_text(request->form, "q");
    TorrentListAsk ask = {0};
    Feed feed = {.title = q.len ? q : feed_words(request, "Search")};
    TRY(list_of(request, &ask, &feed));
    return feed_answer(request, response, &feed);
}

Error feed_member(Request *request, Response *response) {
    Account account;
    TRY(account_find(request->viewer, request_value(request, "name"), &account));
    TorrentListAsk ask = {.ask = {.uploader = account.name}};
    Feed feed = {.title = account.name};
    TRY(list_of(request, &ask, &feed));
    return feed_answer(request, response, &feed);
}

Error feed_tag(Request *request, Response *response) {
    Tag tag;
    TRY(tag_find(request->viewer, request_value(request, "name"), &tag));
    TorrentListAsk ask = {.ask = {.tag = tag.name}};
    Feed feed = {.title = tag.name, .words = tag.description};
    TRY(list_of(request, &ask, &feed));
    return feed_answer(request, response, &feed);
}

Error feed_collection(Request *request, Response *response) {
    Collection collection;
    CollectionWorks works;
    TRY(collection_find(request->viewer, request_value(request, "slug"), &collection));
    TRY(collection_newest(request->viewer, &collection, &works));
    Torrent *torrents = arena_new(request->arena, Torrent, works.count);
    Str *notes = arena_new(request->arena, Str, works.count);
    for (size_t i = 0; i < works.count; i++) {
        torrents[i] = works.at[i].torrent;
        notes[i] = works.at[i].note;
    }
    Feed feed = {.title = collection.title,
                 .words = collection.description,
                 .page = feed_page_of(request),
                 .works = torrents,
                 .count = works.count,
                 .notes = notes,
                 .changed_at = collection.changed_at};
    return feed_answer(request, response, &feed);
}
