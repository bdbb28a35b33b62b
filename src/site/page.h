/* page.h — what every page handler does: who asks, what stands around the page, answering with a
 * view. */
#pragma once
#include "community/community.h"
#include "http/route.h"
#include "site/layout.h"
#include "site/markdown.h"
#include "site/pages.h"
#include "site/views/compiled.h"

/* The visit the guard made. */
static inline Visit *page_visit(const Request *request) { return request->viewer; }

/* `title` is translated already; `section` as Layout has it. Everything else comes from the
 * request. */
Layout page_layout(const Request *request, Str title, const char *section);
/* A translation in the reader's language, of a literal. */
Str page_words(const Request *request, const char *english);

/* For a page with a form: gives a nobody the cookie its token is bound to, and keeps the page out
 * of caches. */
void page_form(Request *request, Response *response, Layout *layout);

/* Says that this list is a feed too, with the filters in force: its address and ".rss", ".atom". */
void page_offer_feed(const Request *request, Layout *layout);

HtmlWriter page_writer(const Request *request);
/* UNAVAILABLE when the page outgrew its maximum. */
MUST_USE Error page_answer(Response *response, const HtmlWriter *writer);

/* "/en" + path */
Str page_path(const Request *request, const char *path);
/* Where a form says to go afterwards, if it is a path of this site; else `otherwise`. */
Str page_next(const Request *request, Str next, Str otherwise);
int64_t page_id(const Request *request); /* of the address; 0 when it is no number */
