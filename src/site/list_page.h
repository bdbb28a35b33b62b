/* list_page.h — a list asked for by a query string: reading it, and links that change one thing of
 * it. */
#pragma once
#include "community/list.h"
#include "site/page.h"

/* What form_list says, as typed. */
ListWords list_page_words(const Request *request);
/* The same made into a question; what does not make sense is added to `errors`. */
TorrentListAsk list_page_ask(const Request *request, ErrorList *errors);
/* This list with `name` set to `value` (empty: without it), from its first page unless name is
 * "cursor". */
Url list_page_link(const Request *request, const char *name, Str value);
/* The same of these words, which need not be those of the request. */
Url list_page_link_of(const Request *request, const ListWords *words, const char *name, Str value);
/* Sort orders as links, the one in force marked; relevance only where there is text. */
LinkItems list_page_sorts(const Request *request, SearchSort current, bool has_text);
Choices list_page_sort_choices(const Request *request, SearchSort current);
