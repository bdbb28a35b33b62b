/* markdown.h — members' words as HTML: CommonMark (libcmark), raw HTML dropped.
 * Links only to http, https, mailto and magnet; those that leave the site say rel="nofollow ugc
 * noopener". Images become links: no page of ours loads what a stranger put elsewhere. Headings
 * start below the page's own. Input over DESCRIPTION_BYTES_MAX is cut; nesting and output are
 * bounded, and past a bound the text is shown as typed. Never fails. */
#pragma once
#include "site/html.h"

Html markdown_html(Str markdown, Arena *arena);
