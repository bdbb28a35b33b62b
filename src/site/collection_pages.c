#include "base/limits.h"
#include "community/account.h"
#include "community/permission.h"
#include "site/collection_view.h"
#include "site/torrent_row.h"

static Error find_collection(const Request *request, Collection *ret_collection) {
    return collection_find(page_visit(request), request_value(request, "slug"), ret_collection);
}

static Str path_of(const Request *request, const Collection *collection) {
    return collection_path(page_visit(request), request->language, collection);
}

static Str edit_path(const Request *request, const Collection *collection) {
    return arena_print(request->arena, "%.*s/edit", STR_PRINTF(path_of(request, collection)));
}

static Url page_link(const Request *request, Str cursor) {
    UrlPair pair = {STR("cursor"), cursor};
    return url_query(request->arena, request->path, &pair, 1);
}

CollectionItems collection_view_items(const Request *request, const CollectionList *list) {
    CollectionItem *items = arena_new(request->arena, CollectionItem, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const Collection *collection = &list->at[i];
        items[i] = (CollectionItem){.title = collection->title,
                                    .owner = collection->owner,
                                    .link = url_path(path_of(request, collection)),
                                    .works = collection->works,
                                    .followers = collection->followers,
                                    .news = collection->news,
                                    .changed_at = collection->changed_at,
                                    .is_public = collection->is_public};
    }
    return (CollectionItems){items, list->count};
}

/* --- lists of them --- */

Error page_collections(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    CollectionsPage page = {.layout =
                                page_layout(request, page_words(request, "Collections"), "browse")};
    Str cursor = form_text(request->form, "cursor");
    CollectionList list, own;
    TRY(collection_list(visit, cursor, &list));
    page.items = collection_view_items(request, &list);
    if (visit->viewer.member_id && !cursor.len) {
        TRY(collection_list_of_member(visit, visit->viewer.member_id, &own));
        page.own = collection_view_items(request, &own);
    }
    if (list.next.len) page.next = page_link(request, list.next);
    if (cursor.len) page.first = page_link(request, (Str){0});
    HtmlWriter writer = page_writer(request);
    view_collections(&writer, &page);
    return page_answer(response, &writer);
}

static CollectionWorkItems work_items(const Request *request, const CollectionWorks *works) {
    CollectionWorkItem *items = arena_new(request->arena, CollectionWorkItem, works->count);
    for (size_t i = 0; i < works->count; i++) {
        TorrentState state = works->at[i].torrent.state;
        items[i] =
            (CollectionWorkItem){.row = torrent_row(request, &works->at[i].torrent),
                                 .id = works->at[i].torrent.id,
                                 .place = works->from + i,
                                 .note = works->at[i].note,
                                 .is_gone = state == TORRENT_WITHDRAWN || state == TORRENT_REMOVED};
    }
    return (CollectionWorkItems){items, works->count};
}

Error page_followed(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    FollowedPage page = {
        .layout = page_layout(request, page_words(request, "Collections you follow"), "browse")};
    CollectionList followed;
    CollectionWorks news;
    TRY(collection_list_followed(visit, &followed));
    TRY(collection_news(visit, &news));
    page_form(request, response, &page.layout);
    page.items = collection_view_items(request, &followed);
    page.news = work_items(request, &news);
    HtmlWriter writer = page_writer(request);
    view_followed(&writer, &page);
    return page_answer(response, &writer);
}

Error page_followed_seen_post(Request *request, Response *response) {
    TRY(collection_see_news(page_visit(request)));
    response_redirect(response, page_path(request, "/followed"));
    return OK;
}

/* --- one --- */

static CollectionView view_of(const Request *request, const Collection *collection) {
    return (CollectionView){.title = collection->title,
                            .owner = collection->owner,
                            .link = url_path(path_of(request, collection)),
                            .description = markdown_html(collection->description, request->arena),
                            .works = collection->works,
                            .followers = collection->followers,
                            .changed_at = collection->changed_at,
                            .is_public = collection->is_public,
                            .is_followed = collection->is_followed,
                            .may_edit = collection_may_edit(page_visit(request), collection)};
}

Error page_collection(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Collection collection;
    CollectionWorks works;
    TRY(find_collection(request, &collection));
    CollectionPage page = {.layout = page_layout(request, collection.title, "browse"),
                           .collection = view_of(request, &collection)};
    Str cursor = form_text(request->form, "cursor");
    TRY(collection_works(visit, &collection, cursor, &works));
    page.works = work_items(request, &works);
    page.first_place = works.from;
    page.layout.private_page = !collection.is_public;
    page_offer_feed(request, &page.layout);
    if (works.next.len) page.next = page_link(request, works.next);
    if (cursor.len) page.first = page_link(request, (Str){0});
    HtmlWriter writer = page_writer(request);
    view_collection(&writer, &page);
    return page_answer(response, &writer);
}

Error page_collection_follow_post(Request *request, Response *response) {
    Collection collection;
    TRY(find_collection(request, &collection));
    ErrorList errors = form_faults(request);
    TRY(error_list_first(&errors));
    bool follows = form_checked(request->form, "follow");
    TRY(follows ? collection_follow(page_visit(request), collection.slug)
                : collection_unfollow(page_visit(request), collection.slug));
    response_redirect(response, path_of(request, &collection));
    return OK;
}

/* --- changing it --- */

static CollectionWords words_typed(const Form *form) {
    return (CollectionWords){.title = form_text(form, "title"),
                             .description = form_text(form, "description"),
                             .visibility = form_text(form, "visibility")};
}

typedef struct {
    const Collection *collection; /* NULL: a new one */
    CollectionWords words;
    Str work, note;  /* as typed, to be added */
    Str note_beside; /* as typed, of the work with this number */
    int64_t note_id;
    const ErrorList *errors;
} Shown;

static Error fill_works(const Request *request, const Shown *shown, CollectionEditPage *page) {
    bool reads = request->method == HTTP_GET && request->form;
    Str cursor = reads ? form_text(request->form, "cursor") : (Str){0};
    CollectionWorks works;
    TRY(collection_works(page_visit(request), shown->collection, cursor, &works));
    for (size_t i = 0; i < works.count; i++)
        if (works.at[i].torrent.id == shown->note_id) works.at[i].note = shown->note_beside;
    page->works = work_items(request, &works);
    page->first_place = works.from;
    page->last_place = shown->collection->works;
    if (works.next.len) page->next = page_link(request, works.next);
    if (cursor.len) page->first = page_link(request, (Str){0});
    return OK;
}

static Error answer_edit(Request *request, Response *response, const Shown *shown) {
    Arena *arena = request->arena;
    Language language = request->language;
    const ErrorList *errors = shown->errors;
    const char *title = shown->collection ? "Edit a collection" : "Make a collection";
    CollectionEditPage page = {
        .layout = page_layout(request, page_words(request, title), "browse"),
        .is_new = !shown->collection,
        .is_public = !str_equal(shown->words.visibility, STR("unlisted")),
        .link = url_path(shown->collection ? path_of(request, shown->collection)
                                           : page_path(request, "/collections"))};
    page_form(request, response, &page.layout);
    page.title = field_of(arena, language, errors, "title", shown->words.title);
    page.description = field_of(arena, language, errors, "description", shown->words.description);
    page.work = field_of(arena, language, errors, "work", shown->work);
    page.note = field_of(arena, language, errors, "note", shown->note);
    page.faults = faults_of(arena, language, errors);
    if (shown->collection) TRY(fill_works(request, shown, &page));
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_collection_edit(&writer, &page);
    return page_answer(response, &writer);
}

static Error find_to_edit(const Request *request, Collection *ret_collection) {
    TRY(find_collection(request, ret_collection));
    if (collection_may_edit(page_visit(request), ret_collection)) return OK;
    return error(NOT_ALLOWED, NULL, "You may not do this.");
}

static CollectionWords words_of(const Collection *collection) {
    return (CollectionWords){.title = collection->title,
                             .description = collection->description,
                             .visibility = collection->is_public ? STR("public") : STR("unlisted")};
}

Error page_collection_new(Request *request, Response *response) {
    ErrorList none = {.arena = request->arena};
    return answer_edit(request, response, &(Shown){.errors = &none});
}

Error page_collection_new_post(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    Shown shown = {.words = words_typed(request->form), .errors = &errors};
    Collection collection;
    Error e = errors.count
                  ? error_list_first(&errors)
                  : collection_add(page_visit(request), &shown.words, &errors, &collection);
    if (failed(e) && errors.count == 0) return e;
    if (errors.count) return answer_edit(request, response, &shown);
    response_redirect(response, edit_path(request, &collection));
    return OK;
}

Error page_collection_edit(Request *request, Response *response) {
    Collection collection;
    TRY(find_to_edit(request, &collection));
    ErrorList none = {.arena = request->arena};
    return answer_edit(
        request, response,
        &(Shown){.collection = &collection, .words = words_of(&collection), .errors = &none});
}

Error page_collection_edit_post(Request *request, Response *response) {
    Collection collection;
    TRY(find_to_edit(request, &collection));
    ErrorList errors = form_faults(request);
    Shown shown = {
        .collection = &collection, .words = words_typed(request->form), .errors = &errors};
    Error e = errors.count
                  ? error_list_first(&errors)
                  : collection_change(page_visit(request), collection.slug, &shown.words, &errors);
    if (failed(e) && errors.count == 0) return e;
    if (errors.count) return answer_edit(request, response, &shown);
    response_redirect(response, path_of(request, &collection));
    return OK;
}

Error page_collection_remove_post(Request *request, Response *response) {
    TRY(collection_remove(page_visit(request), request_value(request, "slug")));
    response_redirect(response, page_path(request, "/collections"));
    return OK;
}

/* --- its works --- */

static bool is_of_form(Error e) {
    return e.kind == ERROR_BAD_INPUT || (e.kind == ERROR_CONFLICT && e.field) ||
           (e.kind == ERROR_NOT_FOUND && e.field);
}

/* "https://…/en/torrent/12/debian-13", "12", a hash or a magnet link. */
static Error find_work(const Request *request, Str typed, int64_t *ret_id) {
    bool found = false;
    Torrent torrent;
    Str text = str_trim(typed);
    TRY(torrent_by_paste(page_visit(request), text, &found, &torrent));
    size_t mark = str_find(text, STR("/torrent/"));
    Str number = mark == STR_NONE ? text : str_skip(text, mark + strlen("/torrent/"));
    *ret_id = torrent.id;
    if (found || str_to_i64(str_cut(&number, '/'), ret_id)) return OK;
    return error_field(BAD_INPUT, "work", "no_such_work",
                       "Give the address or the hash of a work that is here.");
}

Error page_collection_add_post(Request *request, Response *response) {
    Collection collection;
    int64_t id = 0;
    TRY(find_to_edit(request, &collection));
    ErrorList errors = form_faults(request);
    Shown shown = {.collection = &collection,
                   .words = words_of(&collection),
                   .work = form_text(request->form, "work"),
                   .note = form_text(request->form, "note"),
                   .errors = &errors};
    Error e = errors.count ? OK : find_work(request, shown.work, &id);
    if (!failed(e) && !errors.count)
        e = collection_add_work(page_visit(request), collection.slug, id, shown.note);
    if (failed(e) && !is_of_form(e)) return e;
    if (e.field && strcmp(e.field, "torrent") == 0) e.field = "work";
    error_list_add(&errors, e);
    if (errors.count) return answer_edit(request, response, &shown);
    response_redirect(response, edit_path(request, &collection));
    return OK;
}

/* One deed to one work: another note, another place, or out. */
Error page_collection_work_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Collection collection;
    TRY(find_to_edit(request, &collection));
    ErrorList errors = form_faults(request);
    Shown shown = {.collection = &collection, .words = words_of(&collection), .errors = &errors};
    int64_t id = form_number(request->form, "id", 0);
    Str deed = form_text(request->form, "deed");
    if (str_equal(deed, STR("note"))) {
        shown.note_id = id;
        shown.note_beside = form_text(request->form, "note");
    }
    if (errors.count) return answer_edit(request, response, &shown);
    uint64_t place = (uint64_t)form_number(request->form, "place", 1);
    Error e = OK;
    if (str_equal(deed, STR("up")))
        e = collection_move_work(visit, collection.slug, id, place > 1 ? place - 1 : 1);
    else if (str_equal(deed, STR("down")))
        e = collection_move_work(visit, collection.slug, id, place + 1);
    else if (str_equal(deed, STR("move")))
        e = collection_move_work(visit, collection.slug, id,
                                 (uint64_t)form_number(request->form, "to", (int64_t)place));
    else if (str_equal(deed, STR("remove")))
        e = collection_remove_work(visit, collection.slug, id);
    else
        e = collection_note_work(visit, collection.slug, id, form_text(request->form, "note"));
    if (failed(e) && !is_of_form(e)) return e;
    error_list_add(&errors, e);
    if (errors.count) return answer_edit(request, response, &shown);
    response_redirect(response, edit_path(request, &collection));
    return OK;
}

/* --- from the page of a work --- */

Error collection_view_of_work(const Request *request, const Torrent *torrent,
                              WorkCollectionsView *ret_view) {
    Visit *visit = page_visit(request);
    CollectionList list, own;
    TRY(collection_list_of_work(visit, torrent->id, &list));
    WorkCollectionsView view = {.items = collection_view_items(request, &list)};
    view.may_collect = visit->viewer.member_id && torrent->state == TORRENT_VISIBLE;
    if (view.may_collect) {
        TRY(collection_list_of_member(visit, visit->viewer.member_id, &own));
        Choice *choices = arena_new(request->arena, Choice, own.count + 1);
        for (size_t i = 0; i < own.count; i++)
            choices[i] = (Choice){.value = own.at[i].slug, .label = own.at[i].title};
        choices[own.count] = (Choice){.label = page_words(request, "A new one, with this title:")};
        view.own = (Choices){choices, own.count + 1};
        view.has_own = own.count > 0;
    }
    *ret_view = view;
    return OK;
}

/* A work that is in the collection already is where it was to be. */
Error page_collect_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Collection collection;
    ErrorList errors = form_faults(request);
    TRY(error_list_first(&errors));
    Str slug = form_text(request->form, "collection"), note = form_text(request->form, "note");
    if (slug.len) {
        TRY(collection_find(visit, slug, &collection));
    } else {
        CollectionWords words = {.title = form_text(request->form, "title"),
                                 .visibility = STR("public")};
        TRY(collection_add(visit, &words, &errors, &collection));
    }
    Error e = collection_add_work(visit, collection.slug, page_id(request), note);
    bool is_in_it = failed(e) && strcmp(error_code(e), "in_it_already") == 0;
    /* One made for this work alone is not left behind empty. */
    if (failed(e) && !slug.len) TRY(collection_remove(visit, collection.slug));
    if (!is_in_it) TRY(e);
    response_redirect(response, path_of(request, &collection));
    return OK;
}
