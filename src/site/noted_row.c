#include "site/noted_row.h"

#include "site/torrent_row.h"

NotedRow noted_row(const Request *request, const Torrent *torrent) {
    return (NotedRow){.row = torrent_row(request, torrent),
                      .last_seeder_at = torrent->last_seeder_at};
}
