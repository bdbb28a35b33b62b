#include "search_rival.h"

#include "search_rival_kind.h"

void rival_free(Rival *rival) { rival->kind->free(rival); }
const char *rival_name(const Rival *rival) { return rival->name; }
void rival_add(Rival *rival, const SearchWork *work) { rival->kind->add(rival, work); }
void rival_finish(Rival *rival) { rival->kind->finish(rival); }
void rival_open(Rival *rival) { rival->kind->open(rival); }
RivalPage rival_find(Rival *rival, const RivalAsk *ask) { return rival->kind->find(rival, ask); }
