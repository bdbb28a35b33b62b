/* search_rival_kind.h — what one kind of rival has to be able to do. */
#pragma once
#include "search_rival.h"

typedef struct {
    void (*add)(Rival *rival, const SearchWork *work);
    void (*finish)(Rival *rival);
    void (*open)(Rival *rival);
    RivalPage (*find)(Rival *rival, const RivalAsk *ask);
    void (*free)(Rival *rival);
} RivalKind;

/* The first member of each kind's own state. */
struct Rival {
    const RivalKind *kind;
    const char *name;
};
