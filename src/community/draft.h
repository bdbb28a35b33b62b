/* draft.h — the torrent file of an upload half done, kept a day for the member who sent it.
 * A browser cannot fill a file field again: with this, a form that has a fault loses nothing. */
#pragma once
#include "community/community.h"

MUST_USE Error draft_keep(Visit *visit, Str torrent, Str *ret_token);
/* An unknown, foreign or old token is NOT_FOUND with field "torrent". */
MUST_USE Error draft_find(Visit *visit, Str token, Str *ret_torrent);
MUST_USE Error draft_forget_old(Visit *visit); /* a job */
