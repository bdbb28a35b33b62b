#include "base/limits.h"
#include "community/permission.h"
#include "community/tag_merge.h"
#include "site/list_page.h"
#include "site/torrent_row.h"

enum { CLOUD_SIZES = 5 };

static Url link_of(const Request *request, Str name) {
    return url_path(tag_path(page_visit(request), request->language, name));
}

/* --- all of them --- */

/* By the logarithm, so that one giant does not make all others small. */
static unsigned size_of(uint64_t works, uint64_t most) {
    unsigned bits = 0, all = 1;
    while (works >> bits > 1) bits++;
    while (most >> all > 1) all++;
    return 1 + bits * (CLOUD_SIZES - 1) / all;
}

static int compare_names(const void *a, const void *b) {
    const TagItem *x = a, *y = b;
    return str_compare(x->name, y->name);
}

Error page_tags(Request *request, Response *response) {
    TagsPage page = {.layout = page_layout(request, page_words(request, "Tags"), "browse")};
    TagUses tags;
    TRY(tag_list(page_visit(request), TAGS_LISTED_MAX, &tags));
    TagItem *items = arena_new(request->arena, TagItem, tags.count);
    for (size_t i = 0; i < tags.count; i++)
        items[i] = (TagItem){.name = tags.at[i].name,
                             .works = tags.at[i].works,
                             .link = link_of(request, tags.at[i].name),
                             .size = size_of(tags.at[i].works, tags.at[0].works)};
    qsort(items, tags.count, sizeof *items, compare_names);
    page.tags = (TagItems){items, tags.count};
    HtmlWriter writer = page_writer(request);
    view_tags(&writer, &page);
    return page_answer(response, &writer);
}

/* --- one --- */

static Error fill_history(const Request *request, Str name, HistoryItems *ret_items) {
    TagEvent *events;
    size_t count;
    TRY(tag_history(page_visit(request), name, &events, &count));
    HistoryItem *items = arena_new(request->arena, HistoryItem, count);
    for (size_t i = 0; i < count; i++)
        items[i] = (HistoryItem){events[i].at, events[i].actor, events[i].what, events[i].detail};
    *ret_items = (HistoryItems){items, count};
    return OK;
}

static Error fill_works(const Request *request, Str name, TagPage *page) {
    ErrorList errors = form_faults(request);
    TorrentListAsk ask = list_page_ask(request, &errors);
    TRY(error_list_first(&errors));
    ask.ask.tag = name;
    if (ask.ask.sort == SEARCH_BY_RELEVANCE) ask.ask.sort = SEARCH_BY_NEWEST;
    TorrentList list;
    TRY(torrent_list(page_visit(request), &ask, &list));
    page->rows = torrent_rows(request, &list);
    page->total = list.total;
    page->sorts = list_page_sorts(request, ask.ask.sort, false);
    if (list.next.len) page->next = list_page_link(request, "cursor", list.next);
    if (form_text(request->form, "cursor").len)
        page->first = list_page_link(request, "cursor", (Str){0});
    return OK;
}

/* A synonym leads to its tag, and another spelling to the one in use. */
Error page_tag(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Str typed = request_value(request, "name");
    Tag tag;
    TRY(tag_find(visit, typed, &tag));
    if (!str_equal(tag.name, typed)) {
        response_redirect(response, tag_path(visit, request->language, tag.name));
        return OK;
    }
    TagPage page = {.layout = page_layout(request, tag.name, "browse"),
                    .name = tag.name,
                    .description = markdown_html(tag.description, request->arena),
                    .synonyms = {tag.synonyms, tag.synonym_count},
                    .link = link_of(request, tag.name),
                    .may_edit = tag_may_edit(visit)};
    page_offer_feed(request, &page.layout);
    TRY(fill_works(request, tag.name, &page));
    TRY(fill_history(request, tag.name, &page.history));
    HtmlWriter writer = page_writer(request);
    view_tag(&writer, &page);
    return page_answer(response, &writer);
}

/* --- changing it --- */

static Str typed_or(const Request *request, const char *name, Str otherwise) {
    const FormField *field = request->form ? request->form->kind->fields : NULL;
    for (; field && field->name; field++)
        if (strcmp(field->name, name) == 0) return form_text(request->form, name);
    return otherwise;
}

static const char *state_words(TagMergeState state) {
    static const char *const words[] = {
        [TAG_MERGING] = WORDS("under way"),
        [TAG_MERGED] = WORDS("done"),
        [TAG_UNMERGING] = WORDS("being taken back"),
        [TAG_UNMERGED] = WORDS("taken back"),
    };
    return words[state];
}

static Error fill_merges(const Request *request, Str name, TagMergeItems *ret_items) {
    TagMerge *merges;
    size_t count;
    TRY(tag_merge_list(page_visit(request), name, &merges, &count));
    TagMergeItem *items = arena_new(request->arena, TagMergeItem, count);
    for (size_t i = 0; i < count; i++) {
        TagMergeState state = merges[i].state;
        items[i] = (TagMergeItem){.id = merges[i].id,
                                  .name = merges[i].name,
                                  .state = str_from_c(state_words(state)),
                                  .actor = merges[i].actor,
                                  .started_at = merges[i].started_at,
                                  .works = merges[i].works,
                                  .may_undo = state == TAG_MERGING || state == TAG_MERGED};
    }
    *ret_items = (TagMergeItems){items, count};
    return OK;
}

static Error find_to_edit(const Request *request, Tag *ret_tag) {
    TRY(permission_role(page_visit(request), ROLE_TRUSTED));
    return tag_find(page_visit(request), request_value(request, "name"), ret_tag);
}

static Error answer_edit(Request *request, Response *response, const Tag *tag,
                         const ErrorList *errors) {
    Arena *arena = request->arena;
    Language language = request->language;
    TagEditPage page = {.layout = page_layout(request, page_words(request, "Edit a tag"), "browse"),
                        .name = tag->name,
                        .works = tag->works,
                        .link = link_of(request, tag->name)};
    page_form(request, response, &page.layout);
    page.description = field_of(arena, language, errors, "description",
                                typed_or(request, "description", tag->description));
    page.tag = field_of(arena, language, errors, "tag", typed_or(request, "tag", (Str){0}));
    page.into = field_of(arena, language, errors, "into", typed_or(request, "into", (Str){0}));
    TRY(fill_merges(request, tag->name, &page.merges));
    page.faults = faults_of(arena, language, errors);
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_tag_edit(&writer, &page);
    return page_answer(response, &writer);
}

Error page_tag_edit(Request *request, Response *response) {
    Tag tag;
    TRY(find_to_edit(request, &tag));
    return answer_edit(request, response, &tag, &(ErrorList){.arena = request->arena});
}

/* What a form did: its faults beside their fields, or on to the page. */
static Error answer_deed(Request *request, Response *response, const Tag *tag, Error e) {
    ErrorList errors = form_faults(request);
    if (failed(e) && errors.count == 0) {
        bool is_of_form = e.kind == ERROR_BAD_INPUT || e.kind == ERROR_CONFLICT ||
                          (e.kind == ERROR_NOT_FOUND && e.field);
        if (!is_of_form) return e;
        error_list_add(&errors, e);
    }
    if (errors.count) return answer_edit(request, response, tag, &errors);
    Str path = tag_path(page_visit(request), request->language, tag->name);
    response_redirect(response, arena_print(request->arena, "%.*s/edit", STR_PRINTF(path)));
    return OK;
}

Error page_tag_edit_post(Request *request, Response *response) {
    Tag tag;
    TRY(find_to_edit(request, &tag));
    Error e = OK;
    if (request->form->errors.count == 0)
        e = tag_describe(page_visit(request), tag.name, form_text(request->form, "description"));
    return answer_deed(request, response, &tag, e);
}

Error page_tag_synonym_post(Request *request, Response *response) {
    Tag tag;
    TagMerge merge;
    TRY(find_to_edit(request, &tag));
    Error e = OK;
    if (request->form->errors.count == 0)
        e = tag_merge(page_visit(request), form_text(request->form, "tag"), tag.name, &merge);
    return answer_deed(request, response, &tag, e);
}

Error page_tag_merge_post(Request *request, Response *response) {
    Tag tag;
    TagMerge merge;
    TRY(find_to_edit(request, &tag));
    Error e = OK;
    if (request->form->errors.count == 0)
        e = tag_merge(page_visit(request), tag.name, form_text(request->form, "into"), &merge);
    if (failed(e) || request->form->errors.count) return answer_deed(request, response, &tag, e);
    Str path = tag_path(page_visit(request), request->language, merge.tag);
    response_redirect(response, arena_print(request->arena, "%.*s/edit", STR_PRINTF(path)));
    return OK;
}

Error page_tag_undo_post(Request *request, Response *response) {
    Tag tag;
    TagMerge merge;
    TRY(find_to_edit(request, &tag));
    ErrorList errors = form_faults(request);
    TRY(error_list_first(&errors));
    Error e = tag_merge_undo(page_visit(request), form_number(request->form, "id", 0), &merge);
    return answer_deed(request, response, &tag, e);
}
