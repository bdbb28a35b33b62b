/* work.h — works on the command line: their words as options or JSON, and how they are shown. */
#pragma once
#include "command/command.h"
#include "community/upload.h"

struct json_t;

TorrentWords work_words_of_options(const Call *call); /* --title, --license, ... */
/* Fields of the JSON API plus description and tags (array). `defaults` stand where a field is
 * missing. */
TorrentWords work_words_of_json(struct json_t *item, const TorrentWords *defaults, Arena *arena);
/* From now on the visit acts for this member; empty: stays the operator, which cannot publish. */
MUST_USE Error work_act_for(Call *call, Str member);
void work_say_all(
    Call *call, const ErrorList *errors); /* all but the first, which is the command's own error */
/* `torrent` is the work it belongs to, with what the tracker knows of it; NULL for a mere file. */
void work_print_metainfo(Call *call, Str path, const Metainfo *metainfo, const Torrent *torrent);
