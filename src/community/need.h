/* need.h — works that need somebody: at risk, or without any seeder, the neediest first; and, the
 * other way round, one work by chance among those that are alive. */
#pragma once
#include "community/torrent.h"

/* States as bits: 1 << HEALTH_DEAD. */
enum {
    NEED_AT_RISK = 1 << HEALTH_AT_RISK,
    NEED_DEAD = 1 << HEALTH_DEAD,
    NEED_ALL = NEED_AT_RISK | NEED_DEAD
};

/* What `ask` says of category, size, words, page and so on; its sort and health are set here. */
MUST_USE Error need_list(Visit *visit, const TorrentListAsk *ask, unsigned states,
                         TorrentList *ret_list);

/* One of the works alive that `ask` lets in, each as likely as any other. `chance` is the caller's
 * to draw. NOT_FOUND when there is none. Asked with words, or where hardly any work fits, it takes
 * some thirty questions of the index, for counts alone; else a look at some works. */
MUST_USE Error need_pick_alive(Visit *visit, const TorrentListAsk *ask, uint64_t chance,
                               Torrent *ret_torrent);
