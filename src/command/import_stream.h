/* import_stream.h — an import line by line: JSON lines or the KAT dump, of any length. What a
 * killed one has written is in; the next one of the same file goes on there. */
#pragma once
#include "command/command.h"
#include "community/torrent.h"

/* `format`: "jsonl" or "kat". `defaults` stand where a line says nothing. */
MUST_USE Error import_stream(Call *call, Str format, const TorrentWords *defaults);
