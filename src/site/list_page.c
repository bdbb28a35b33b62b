#include "site/list_page.h"

#include "base/limits.h"

static const struct {
    const char *code, *label;
} sorts[] = {
    [SEARCH_BY_RELEVANCE] = {"relevance", "Relevance"},
    [SEARCH_BY_NEWEST] = {"newest", "Newest"},
    [SEARCH_BY_SEEDERS] = {"seeders", "Most seeders"},
    [SEARCH_BY_SIZE] = {"size", "Largest"},
    [SEARCH_BY_COMPLETED] = {"completed", "Most downloaded"},
    [SEARCH_BY_NEED] = {"need", "Most in need"},
};
enum { SORT_COUNT = sizeof sorts / sizeof sorts[0] };

ListWords list_page_words(const Request *request) {
    ListWords words = {0};
    for (const FormField *field = request->form->kind->fields; field->name; field++) {
        Str *text = list_words_field(&words, field->name);
        if (text) *text = form_text(request->form, field->name);
        if (strcmp(field->name, "limit") == 0)
            words.limit = (size_t)form_number(request->form, "limit", 0);
    }
    return words;
}

TorrentListAsk list_page_ask(const Request *request, ErrorList *errors) {
    ListWords words = list_page_words(request);
    TorrentListAsk ask;
    list_words_parse(&words, errors, &ask);
    return ask;
}

Url list_page_link_of(const Request *request, const ListWords *words, const char *name, Str value) {
    UrlPair pairs[HTTP_FORM_FIELDS_MAX];
    size_t count = 0;
    ListWords asked = *words;
    bool turns_page = strcmp(name, "cursor") == 0;
    for (const FormField *field = request->form->kind->fields; field->name; field++) {
        bool other_page = strcmp(field->name, "cursor") == 0 && !turns_page;
        if (strcmp(field->name, name) == 0 || other_page) continue;
        const Str *text = list_words_field(&asked, field->name);
        Str given = text ? *text : form_text(request->form, field->name);
        pairs[count++] = (UrlPair){str_from_c(field->name), given};
    }
    pairs[count++] = (UrlPair){str_from_c(name), value};
    return url_query(request->arena, request->path, pairs, count);
}

Url list_page_link(const Request *request, const char *name, Str value) {
    ListWords words = list_page_words(request);
    return list_page_link_of(request, &words, name, value);
}

LinkItems list_page_sorts(const Request *request, SearchSort current, bool has_text) {
    LinkItem *items = arena_new(request->arena, LinkItem, SORT_COUNT);
    size_t count = 0;
    if (!has_text && current == SEARCH_BY_RELEVANCE) current = SEARCH_BY_NEWEST;
    for (size_t i = has_text ? 0 : SEARCH_BY_NEWEST; i < SORT_COUNT; i++)
        items[count++] =
            (LinkItem){.label = str_from_c(sorts[i].label),
                       .link = list_page_link(request, "sort", str_from_c(sorts[i].code)),
                       .current = current == (SearchSort)i};
    return (LinkItems){items, count};
}

Choices list_page_sort_choices(const Request *request, SearchSort current) {
    Choice *choices = arena_new(request->arena, Choice, SORT_COUNT);
    for (size_t i = 0; i < SORT_COUNT; i++)
        choices[i] = (Choice){str_from_c(sorts[i].code), str_from_c(sorts[i].label),
                              current == (SearchSort)i};
    return (Choices){choices, SORT_COUNT};
}
