#include "http/dispatch.h"

#include <assert.h>

#include "base/encode.h"
#include "base/limits.h"

typedef struct Node {
    Str before, after; /* plain text around the place; only `before` when there is none */
    bool has_place, is_language;
    uint8_t place; /* number of the value */
    struct Node *children, *next;
    const Route *routes[HTTP_METHOD_COUNT];
} Node;

enum { TAILS_MAX = 8 };
static const Str any_parts = {"/{...}", 6};

struct Dispatch {
    Arena arena;
    Node root;
    Node tails[TAILS_MAX]; /* `before` is the end of the path, with its slash */
    size_t tail_count;
};

static const Str method_names[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = {"GET", 3}, [HTTP_HEAD] = {"HEAD", 4},     [HTTP_POST] = {"POST", 4},
    [HTTP_PUT] = {"PUT", 3}, [HTTP_DELETE] = {"DELETE", 6}, [HTTP_OPTIONS] = {"OPTIONS", 7},
};

static Node parse_part(Str part, size_t place) {
    size_t open = str_find_byte(part, '{'), close = str_find_byte(part, '}');
    if (open == STR_NONE) return (Node){.before = part};
    assert(close != STR_NONE && close > open && place < ROUTE_VALUES_MAX);
    return (Node){.before = str_part(part, 0, open),
                  .after = str_skip(part, close + 1),
                  .has_place = true,
                  .is_language = str_equal(str_part(part, open, close + 1), STR("{language}")),
                  .place = (uint8_t)place};
}

/* Which of two parts is asked first: plain text, then languages, then the longer text around. */
static bool goes_before(const Node *a, const Node *b) {
    if (a->has_place != b->has_place) return !a->has_place;
    if (a->is_language != b->is_language) return a->is_language;
    return a->before.len + a->after.len > b->before.len + b->after.len;
}

static bool same_part(const Node *a, const Node *b) {
    return a->has_place == b->has_place && a->is_language == b->is_language &&
           str_equal(a->before, b->before) && str_equal(a->after, b->after);
}

static Node *child_for(Dispatch *dispatch, Node *parent, Node part) {
    Node **at = &parent->children;
    for (Node *child = parent->children; child; child = child->next)
        if (same_part(child, &part)) return child;
    while (*at && !goes_before(&part, *at)) at = &(*at)->next;
    Node *node = arena_new(&dispatch->arena, Node, 1);
    *node = part;
    node->next = *at;
    *at = node;
    return node;
}

static void add_tail(Dispatch *dispatch, const Route *route, Str end) {
    size_t i = 0;
    while (i < dispatch->tail_count && !str_equal(dispatch->tails[i].before, end)) i++;
    assert(i < TAILS_MAX && str_starts(end, STR("/")) && end.len > 1);
    if (i == dispatch->tail_count) dispatch->tails[dispatch->tail_count++].before = end;
    assert(!dispatch->tails[i].routes[route->method]);
    dispatch->tails[i].routes[route->method] = route;
}

static void add_route(Dispatch *dispatch, const Route *route) {
    Str rest = str_from_c(route->address);
    if (str_starts(rest, any_parts)) {
        add_tail(dispatch, route, str_skip(rest, any_parts.len));
        return;
    }
    Node *node = &dispatch->root;
    size_t place = 0;
    assert(str_starts(rest, STR("/")));
    rest = str_skip(rest, 1);
    for (bool more = true; more;) {
        more = str_find_byte(rest, '/') != STR_NONE;
        Node part = parse_part(str_cut(&rest, '/'), place);
        place += part.has_place;
        node = child_for(dispatch, node, part);
    }
    assert(!node->routes[route->method]);
    node->routes[route->method] = route;
}

Dispatch *dispatch_create(const Route *routes) {
    Dispatch *dispatch = calloc(1, sizeof *dispatch);
    assert(dispatch);
    dispatch->arena = arena_create(4 * MIB);
    for (const Route *route = routes; route && route->address; route++) add_route(dispatch, route);
    return dispatch;
}

void dispatch_free(Dispatch *dispatch) {
    if (!dispatch) return;
    arena_free(&dispatch->arena);
    free(dispatch);
}

typedef struct {
    Str parts[HTTP_ADDRESS_PARTS_MAX];
    size_t count;
} Path;

static bool part_fits(const Node *node, Str part, DispatchMatch *match) {
    if (!node->has_place) return str_equal(node->before, part);
    if (part.len <= node->before.len + node->after.len) return false;
    if (!str_starts(part, node->before) || !str_ends(part, node->after)) return false;
    Str value = str_part(part, node->before.len, part.len - node->after.len);
    if (node->is_language && !language_parse(value, &match->language)) return false;
    if (node->is_language) match->has_language = true;
    match->values[node->place] = value;
    return true;
}

/* Goes back and tries the next child where a branch ends without an address: at most 16 deep. */
static const Node *walk(const Node *node, const Path *path, size_t depth, DispatchMatch *match) {
    if (depth == path->count) {
        for (int method = 0; method < HTTP_METHOD_COUNT; method++)
            if (node->routes[method]) return node;
        return NULL;
    }
    for (const Node *child = node->children; child; child = child->next) {
        DispatchMatch trial = *match;
        if (!part_fits(child, path->parts[depth], &trial)) continue;
        const Node *found = walk(child, path, depth + 1, &trial);
        if (!found) continue;
        *match = trial;
        return found;
    }
    return NULL;
}

static const Node *find(const Dispatch *dispatch, Str path, DispatchMatch *match) {
    Path parts = {.count = 0};
    Str rest = str_skip(path, 1);
    for (bool more = true; more;) {
        if (parts.count == HTTP_ADDRESS_PARTS_MAX) return NULL;
        more = str_find_byte(rest, '/') != STR_NONE;
        parts.parts[parts.count++] = str_cut(&rest, '/');
    }
    return walk(&dispatch->root, &parts, 0, match);
}

static const Node *find_tail(const Dispatch *dispatch, Str path) {
    for (size_t i = 0; i < dispatch->tail_count; i++)
        if (str_ends(path, dispatch->tails[i].before)) return &dispatch->tails[i];
    return NULL;
}

static const Node *find_otherwise(const Dispatch *dispatch, Str path, Arena *arena) {
    DispatchMatch ignored = {0};
    if (str_ends(path, STR("/"))) {
        if (path.len == 1) return NULL;
        return find(dispatch, str_part(path, 0, path.len - 1), &ignored);
    }
    Str with = arena_print(arena, "%.*s/", STR_PRINTF(path));
    return find(dispatch, with, &ignored);
}

bool dispatch_match(const Dispatch *dispatch, HttpMethod method, Str path, Arena *arena,
                    DispatchMatch *ret_match) {
    DispatchMatch match = {0};
    if (!str_starts(path, STR("/"))) return false;
    const Node *node = find(dispatch, path, &match);
    if (!node) node = find_tail(dispatch, path);
    if (!node) {
        *ret_match = (DispatchMatch){.wants_slash = find_otherwise(dispatch, path, arena) != NULL};
        return true;
    }
    for (size_t i = 0; i < ROUTE_VALUES_MAX; i++) {
        if (str_find_byte(match.values[i], '%') == STR_NONE) continue;
        if (!percent_parse(match.values[i], false, arena, &match.values[i])) return false;
    }
    for (int i = 0; i < HTTP_METHOD_COUNT; i++)
        if (node->routes[i]) match.methods |= 1u << i;
    if (node->routes[HTTP_GET]) match.methods |= 1u << HTTP_HEAD;
    match.methods |= 1u << HTTP_OPTIONS;
    if (method == HTTP_HEAD && !node->routes[HTTP_HEAD]) method = HTTP_GET;
    if (method < HTTP_METHOD_COUNT) match.route = node->routes[method];
    *ret_match = match;
    return true;
}

Str dispatch_allow(unsigned methods, Arena *arena) {
    Text text = text_create(arena, 128);
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (!(methods & 1u << i)) continue;
        if (text.len) text_add(&text, STR(", "));
        text_add(&text, method_names[i]);
    }
    return text_str(&text);
}
