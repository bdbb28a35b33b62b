/* work_fields.h — the words about a work in a form: shown as typed or as they are, with their
 * faults. */
#pragma once
#include "community/upload.h"
#include "site/page.h"

TorrentWords work_fields_typed(const Form *form);
TorrentWords work_fields_of(const Torrent *torrent, Arena *arena);
WorkFields work_fields_shown(const Request *request, const TorrentWords *words,
                             const ErrorList *errors);
