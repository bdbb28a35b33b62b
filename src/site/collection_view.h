/* collection_view.h — collections on other pages: as lines, and of a work. */
#pragma once
#include "community/collection.h"
#include "site/page.h"

CollectionItems collection_view_items(const Request *request, const CollectionList *list);
/* Public ones that hold it, and for members a form that puts it into one of theirs. */
MUST_USE Error collection_view_of_work(const Request *request, const Torrent *torrent,
                                       WorkCollectionsView *ret_view);
