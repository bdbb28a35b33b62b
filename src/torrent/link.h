/* link.h — which addresses a torrent or magnet may carry.
 * Printable ASCII with a host; trackers by udp, http, https, ws or wss (BEP 3, 15), web seeds by
 * http or https (BEP 19). A Links list keeps each once, in order, up to its maximum, and ignores
 * the rest. */
#pragma once
#include "base/arena.h"

bool link_is_tracker(Str url);
bool link_is_web_seed(Str url);

typedef struct {
    Str *at;
    size_t count, max;
    bool (*accepts)(Str url);
} Links;

Links links_create(Arena *arena, size_t max, bool (*accepts)(Str url));
void links_add(Links *links, Str url); /* white space around it is not part of it */
