/* collection_row.h — what the files of collection.h share. */
#pragma once
#include "community/collection.h"
#include "queries/collection.h"

Collection collection_from_row(const CollectionLineRow *row);
/* The one of this address, if who looks may change it. */
MUST_USE Error collection_to_edit(Visit *visit, Str slug, Collection *ret_collection);
void collection_spread(const Visit *visit); /* cached pages are forgotten */
