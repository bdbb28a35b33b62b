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
/* A work's last two weeks by the hour, for its page; none before the first count. */
MUST_USE Error health_chart_hours(Visit *visit, const Torrent *torrent, Chart *ret_chart);
/* These, and all its days. */
MUST_USE Error health_chart_life(Visit *visit, const Torrent *torrent, Charts *ret_charts);
