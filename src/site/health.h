/* health.h — what pages show of how a work fares: its state as shape and word, its charts. */
#pragma once
#include "community/torrent.h"
#include "site/page.h"

/* The state of a row: code, name, and the symbol of layout.html that is its shape. */
void health_fill_row(HealthState state, TorrentRow *row);
/* The states as links that filter this list, the one in force marked; the first is none. */
LinkItems health_links(const Request *request, Str current);
Choices health_choices(Arena *arena, Str current); /* first "" */
HealthRules health_rules(Arena *arena);
/* The charts of one work, two weeks by the hour and all its days; none before the first count. */
MUST_USE Error health_fill_charts(const Request *request, const Torrent *torrent,
                                  TorrentHealthView *ret_health);
