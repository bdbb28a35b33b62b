/* import_line.h — one work out of one line of what others give away: JSON lines in the fields of
 * our own API, and the twelve columns of the KAT dump (hash, name, category, page, file, size,
 * category number, files, seeders, leechers, time, verified; separated by '|'). Read without trust;
 * bounded. What stands in the result lies in the line or the arena. */
#pragma once
#include "community/import.h"

/* `defaults` stand where the line says nothing. A field of the wrong kind is an error that names
 * it; fields nobody knows are passed over. */
MUST_USE Error import_line_json(Str line, const TorrentWords *defaults, Arena *arena,
                                ImportLine *ret_line);
MUST_USE Error import_line_kat(Str line, const TorrentWords *defaults, Arena *arena,
                               ImportLine *ret_line);
