#include "base/limits.h"
#include "community/series_edition.h"
#include "community/torrent_row.h"

static const TorrentLineRow *row_of(const TorrentLineRows *rows, int64_t id) {
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].id == id) return &rows->at[i];
    return NULL;
}

Error series_editions(Visit *visit, const Series *series, Str cursor, EditionList *ret_list) {
    EditionListAsk ask = {.series_id = series->id, .count = EDITIONS_LISTED_MAX + 1};
    EditionListRows rows;
    TorrentLineRows works;
    TRY(series_parse_cursor(cursor, &ask.before_at, &ask.before_id));
    TRY(query_edition_list(visit->db, visit->arena, ask, &rows));
    int64_t *ids = arena_new(visit->arena, int64_t, rows.count + 1);
    for (size_t i = 0; i < rows.count; i++) ids[i] = rows.at[i].torrent_id;
    TorrentByIdsAsk which = {.ids = {ids, rows.count}};
    TRY(query_torrent_by_ids(visit->db, visit->arena, which, &works));
    EditionList list = {.at = arena_new(visit->arena, Edition, rows.count + 1),
                        .works = arena_new(visit->arena, Torrent, rows.count + 1)};
    for (size_t i = 0; i < rows.count && i < EDITIONS_LISTED_MAX; i++) {
        const TorrentLineRow *row = row_of(&works, ids[i]);
        if (!row || row->state != TORRENT_VISIBLE) continue; /* gone just now */
        list.works[list.count] = torrent_from_row(row, visit);
        list.at[list.count++] = (Edition){ids[i], rows.at[i].label, rows.at[i].dated_at};
    }
    if (rows.count > EDITIONS_LISTED_MAX) {
        const EditionListRow *last = &rows.at[EDITIONS_LISTED_MAX - 1];
        list.next = series_write_cursor(last->dated_at, last->torrent_id, visit->arena);
    }
    *ret_list = list;
    return OK;
}

Error series_newest(Visit *visit, const Series *series, bool *ret_found, Torrent *ret_work,
                    Edition *ret_edition) {
    EditionNewestRow row;
    TRY(query_edition_newest(visit->db, visit->arena, (EditionNewestAsk){.series_id = series->id},
                             ret_found, &row));
    if (!*ret_found) return OK;
    *ret_edition = (Edition){row.torrent_id, row.label, row.dated_at};
    return torrent_row_find(visit, row.torrent_id, ret_work);
}

/* One that waits is superseded by nothing that is older. */
Error series_of_work(Visit *visit, const Torrent *work, WorkEdition *ret_edition) {
    bool found;
    EditionOfRow row;
    WorkEdition edition = {0};
    *ret_edition = edition;
    TRY(query_edition_of(visit->db, visit->arena, (EditionOfAsk){.torrent_id = work->id}, &found,
                         &row));
    if (!found) return OK;
    SeriesLineRow line = {.id = row.series_id,
                          .slug = row.slug,
                          .name = row.name,
                          .kind = row.kind,
                          .owner_id = row.owner_id};
    edition.is_one = true;
    edition.series = series_from_row(&line);
    edition.label = row.label;
    edition.dated_at = row.dated_at;
    EditionNewestRow newest;
    TRY(query_edition_newest(visit->db, visit->arena,
                             (EditionNewestAsk){.series_id = row.series_id}, &found, &newest));
    edition.is_newest = found && newest.torrent_id == work->id;
    edition.is_superseded =
        found && (newest.dated_at > row.dated_at ||
                  (newest.dated_at == row.dated_at && newest.torrent_id > work->id));
    if (edition.is_superseded) {
        edition.newest_label = newest.label;
        TRY(torrent_row_find(visit, newest.torrent_id, &edition.newest));
    }
    *ret_edition = edition;
    return OK;
}

Error series_slug_of(Visit *visit, int64_t torrent_id, Str *ret_slug) {
    bool found;
    EditionOfRow row;
    TRY(query_edition_of(visit->db, visit->arena, (EditionOfAsk){.torrent_id = torrent_id}, &found,
                         &row));
    *ret_slug = found ? row.slug : (Str){0};
    return OK;
}

Str series_update_url(const Visit *visit, Str slug) {
    if (!slug.len) return (Str){0};
    Str site = visit->community->settings->site_url;
    return arena_print(visit->arena, "%.*s/s/%.*s/latest.torrent", STR_PRINTF(site),
                       STR_PRINTF(slug));
}
