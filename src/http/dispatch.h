/* dispatch.h — from an address to its row of the route table.
 * Builds a tree of path parts once at start; a request walks it without looking at other routes.
 * A part of an address is plain, a {place}, or a {place} with plain text around it
 * ("{infohash}.torrent"). Plain parts win over places, longer endings over shorter. {language}
 * matches the languages of the site only. "/{...}/end" is whatever ends so and is no other address.
 * Immutable after creation: any thread may ask. */
#pragma once
#include "http/route.h"

typedef struct Dispatch Dispatch;

/* Faults of the table (two rows for one method and address, too many places) end the program. */
Dispatch *dispatch_create(const Route *routes);
void dispatch_free(Dispatch *dispatch);

typedef struct {
    const Route *route;           /* NULL: none for this method, or no such address */
    Str values[ROUTE_VALUES_MAX]; /* decoded */
    Language language;
    bool has_language;
    unsigned methods; /* bit per HttpMethod the address answers; 0: no such address */
    bool wants_slash; /* not found, but found with "/" added (or taken away) at the end */
} DispatchMatch;

/* `path` as sent, without query. False when its percent-encoding is broken. */
bool dispatch_match(const Dispatch *dispatch, HttpMethod method, Str path, Arena *arena,
                    DispatchMatch *ret_match);
/* "GET, HEAD, OPTIONS" */
Str dispatch_allow(unsigned methods, Arena *arena);
