/* listener.h — sockets that somebody else bound for us: the process we take over from, or the
 * service manager (sd_listen_fds(3)). A server asks here for each of its addresses before it opens
 * a socket of its own, so that what waits in one that is already bound is not lost. Owns the
 * descriptors until they are taken; a socket is known by what it is bound to, never by a name. */
#pragma once
#include "base/address.h"
#include "base/error.h"

typedef enum { LISTENER_TCP, LISTENER_UDP, LISTENER_LOCAL } ListenerKind;

typedef struct {
    int fd; /* -1: taken */
    ListenerKind kind;
    Endpoint bound; /* of TCP and UDP */
} Listener;

typedef struct {
    Listener *at;
    size_t count, room;
} ListenerSet;

ListenerSet *listener_set_create(void);
void listener_set_free(ListenerSet *set); /* closes what nobody took; NULL is fine */

/* Takes `fd`, also on failure, when it is closed: what is no bound UDP socket and no listening TCP
 * or local one is refused. It is not passed on to programs we start. */
MUST_USE Error listener_set_add(ListenerSet *set, int fd);
/* The same socket once more, for somebody else; where descriptors are short it is left out. */
void listener_set_add_copy(ListenerSet *set, int fd);

/* The next one bound to `asked`, in the order they were added; port 0 means any port. -1: none.
 * `set` may be NULL. The caller owns what is returned. */
int listener_set_take(ListenerSet *set, ListenerKind kind, Endpoint asked);
int listener_set_take_local(ListenerSet *set);
size_t listener_set_count(const ListenerSet *set, ListenerKind kind, Endpoint asked);
