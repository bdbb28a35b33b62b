#include "community/list_query.h"
#include "site/page.h"

typedef struct {
    const char *query, *words;
} Example;

static const Example word_examples[] = {
    {"debian live", WORDS("Both words, anywhere")},
    {"\"war and peace\"", WORDS("These words in this order")},
    {"jazz -vinyl", WORDS("Without a word; a phrase, a filter or a group can be left out, too")},
    {"flac or opus", WORDS("Either of them")},
    {"(flac or opus) quartet", WORDS("Parentheses say what belongs together")},
    {"ubunt*", WORDS("All words that begin so")},
    {"ubuntu-24.04-desktop-amd64.iso",
     WORDS("A whole file name; ubuntu 24.04 amd64 finds the same work")},
    {NULL, NULL},
};

static const Example range_examples[] = {
    {"size:>1GB", WORDS("More than; < is less than")},
    {"size:>=1GiB", WORDS("As much or more; <= is as much or less")},
    {"size:700MB..4.7GB", WORDS("From, to: both ends belong to it")},
    {"date:2024..", WORDS("An end may stay open: since 2024")},
    {"date:2024-05", WORDS("All of a month, as a year is all of a year")},
    {"size:1GB", WORDS("A size or number of seeders alone means at least that much")},
    {NULL, NULL},
};

static SearchExample example_of(const Request *request, Str query, const char *words) {
    UrlPair pair = {STR("q"), query};
    return (SearchExample){query, str_from_c(words),
                           url_query(request->arena, page_path(request, "/search"), &pair, 1)};
}

static SearchExamples examples_of(const Request *request, const Example *examples) {
    size_t count = 0;
    while (examples[count].query) count++;
    SearchExample *items = arena_new(request->arena, SearchExample, count);
    for (size_t i = 0; i < count; i++)
        items[i] = example_of(request, str_from_c(examples[i].query), examples[i].words);
    return (SearchExamples){items, count};
}

Error page_search_help(Request *request, Response *response) {
    ListQueryField *fields;
    size_t count = list_query_fields(request->arena, &fields);
    SearchExample *items = arena_new(request->arena, SearchExample, count);
    for (size_t i = 0; i < count; i++)
        items[i] = example_of(request, str_from_c(fields[i].example), fields[i].words);
    Str title = page_words(request, "What one can write into the search box");
    SearchHelpPage page = {.layout = page_layout(request, title, "search"),
                           .words = examples_of(request, word_examples),
                           .fields = {items, count},
                           .ranges = examples_of(request, range_examples)};
    HtmlWriter writer = page_writer(request);
    view_search_help(&writer, &page);
    return page_answer(response, &writer);
}

Error page_search_ranking(Request *request, Response *response) {
    ListQueryRank *ranks;
    size_t count = list_query_ranking(request->arena, &ranks);
    LinkItem *rows = arena_new(request->arena, LinkItem, count);
    for (size_t i = 0; i < count; i++)
        rows[i] = (LinkItem){.label = str_from_c(ranks[i].words), .count = ranks[i].points};
    Str title = page_words(request, "What makes the order of the works found");
    SearchRankingPage page = {.layout = page_layout(request, title, "search"),
                              .rows = {rows, count}};
    HtmlWriter writer = page_writer(request);
    view_search_ranking(&writer, &page);
    return page_answer(response, &writer);
}
