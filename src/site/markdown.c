#include "site/markdown.h"

#include <cmark.h>

#include "base/limits.h"

/* Only links that name one of these leave the page; all else loses its address. */
static bool is_allowed(Str address) {
    return url_web(address).address.len || url_magnet(address).address.len ||
           str_starts_nocase(address, STR("mailto:"));
}

static bool is_too_deep(cmark_node *root) {
    int depth = 0;
    bool too_deep = false;
    cmark_iter *walk = cmark_iter_new(root);
    for (cmark_event_type event;
         (event = cmark_iter_next(walk)) != CMARK_EVENT_DONE && !too_deep;) {
        cmark_node *node = cmark_iter_get_node(walk);
        if (!cmark_node_first_child(node)) continue;
        depth += event == CMARK_EVENT_ENTER ? 1 : -1;
        too_deep = depth > MARKDOWN_DEPTH_MAX;
    }
    cmark_iter_free(walk);
    return too_deep;
}

/* The tree is written by us, not by cmark's renderer: every tag that may appear is in this file. */
typedef struct {
    HtmlWriter out;
    int quiet; /* inside an image: its words only, no tags */
} Writer;

static void raw(Writer *w, const char *markup) {
    if (!w->quiet) html_raw(&w->out, markup, strlen(markup));
}

static void open_link(Writer *w, Str address) {
    if (!is_allowed(address)) {
        raw(w, "<span>");
        return;
    }
    raw(w, "<a href=\"");
    html_text_str_(&w->out, address);
    raw(w, "\" rel=\"nofollow ugc noopener\">");
}

static void write_link(Writer *w, cmark_node *node, bool enter) {
    Str address = str_from_c(cmark_node_get_url(node));
    if (w->quiet) return;
    if (enter)
        open_link(w, address);
    else
        raw(w, is_allowed(address) ? "</a>" : "</span>");
}

/* An image becomes a link to it, with its words. */
static void write_image(Writer *w, cmark_node *node, bool enter) {
    Str address = str_from_c(cmark_node_get_url(node));
    bool inside_link = cmark_node_get_type(cmark_node_parent(node)) == CMARK_NODE_LINK;
    if (enter) {
        if (!inside_link && !w->quiet) open_link(w, address);
        if (!cmark_node_first_child(node)) html_text_str_(&w->out, address);
        w->quiet++;
    } else {
        w->quiet--;
        if (!inside_link && !w->quiet) raw(w, is_allowed(address) ? "</a>" : "</span>");
    }
}

static void write_heading(Writer *w, cmark_node *node, bool enter) {
    /* The page's own title is h1: a member's headings begin below it. */
    static const char *const tags[2][6] = {
        {"</h2>\n", "</h3>\n", "</h4>\n", "</h5>\n", "</h6>\n", "</h6>\n"},
        {"<h2>", "<h3>", "<h4>", "<h5>", "<h6>", "<h6>"}};
    int level = cmark_node_get_heading_level(node);
    raw(w, tags[enter][level >= 1 && level <= 6 ? level - 1 : 5]);
}

static void write_list(Writer *w, cmark_node *node, bool enter) {
    bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    int start = cmark_node_get_list_start(node);
    if (!enter) {
        raw(w, ordered ? "</ol>\n" : "</ul>\n");
    } else if (ordered && start > 1) {
        raw(w, "<ol start=\"");
        html_text_signed_(&w->out, start);
        raw(w, "\">\n");
    } else {
        raw(w, ordered ? "<ol>\n" : "<ul>\n");
    }
}

static void write_paragraph(Writer *w, cmark_node *node, bool enter) {
    cmark_node *list = cmark_node_parent(cmark_node_parent(node));
    bool tight =
        list && cmark_node_get_type(list) == CMARK_NODE_LIST && cmark_node_get_list_tight(list);
    if (!tight) raw(w, enter ? "<p>" : "</p>\n");
}

static void write_code(Writer *w, cmark_node *node, const char *before, const char *behind) {
    raw(w, before);
    html_text_str_(&w->out, str_from_c(cmark_node_get_literal(node)));
    raw(w, behind);
}

static void write_node(Writer *w, cmark_node *node, bool enter) {
    switch (cmark_node_get_type(node)) {
        case CMARK_NODE_BLOCK_QUOTE: raw(w, enter ? "<blockquote>\n" : "</blockquote>\n"); break;
        case CMARK_NODE_LIST: write_list(w, node, enter); break;
        case CMARK_NODE_ITEM: raw(w, enter ? "<li>" : "</li>\n"); break;
        case CMARK_NODE_CODE_BLOCK: write_code(w, node, "<pre><code>", "</code></pre>\n"); break;
        case CMARK_NODE_PARAGRAPH: write_paragraph(w, node, enter); break;
        case CMARK_NODE_HEADING: write_heading(w, node, enter); break;
        case CMARK_NODE_THEMATIC_BREAK: raw(w, "<hr>\n"); break;
        case CMARK_NODE_TEXT:
            html_text_str_(&w->out, str_from_c(cmark_node_get_literal(node)));
            break;
        case CMARK_NODE_SOFTBREAK: html_text_str_(&w->out, STR("\n")); break;
        case CMARK_NODE_LINEBREAK: raw(w, "<br>\n"); break;
        case CMARK_NODE_CODE: write_code(w, node, "<code>", "</code>"); break;
        case CMARK_NODE_EMPH: raw(w, enter ? "<em>" : "</em>"); break;
        case CMARK_NODE_STRONG: raw(w, enter ? "<strong>" : "</strong>"); break;
        case CMARK_NODE_LINK: write_link(w, node, enter); break;
        case CMARK_NODE_IMAGE: write_image(w, node, enter); break;
        default: break; /* raw HTML is dropped */
    }
}

static Html as_typed(Str markdown, Arena *arena) {
    HtmlWriter out = html_writer(arena, LANGUAGE_EN, 0);
    html_raw(&out, "<pre>\n", 6);
    html_text_str_(&out, markdown);
    html_raw(&out, "</pre>\n", 7);
    return (Html){html_str(&out)};
}

Html markdown_html(Str markdown, Arena *arena) {
    markdown = str_part(markdown, 0, DESCRIPTION_BYTES_MAX);
    if (str_trim(markdown).len == 0) return (Html){0};
    cmark_node *root =
        cmark_parse_document(markdown.at, markdown.len, CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_SMART);
    Html html;
    if (is_too_deep(root)) {
        html = as_typed(markdown, arena);
    } else {
        Writer writer = {.out = html_writer(arena, LANGUAGE_EN, 0)};
        writer.out.text = text_create(arena, MARKDOWN_OUTPUT_BYTES_MAX);
        cmark_iter *walk = cmark_iter_new(root);
        for (cmark_event_type event; (event = cmark_iter_next(walk)) != CMARK_EVENT_DONE;)
            write_node(&writer, cmark_iter_get_node(walk), event == CMARK_EVENT_ENTER);
        cmark_iter_free(walk);
        html = html_ok(&writer.out) ? (Html){html_str(&writer.out)} : as_typed(markdown, arena);
    }
    cmark_node_free(root);
    return html;
}
