/* takeover.h — one server hands over to the next, over the control socket, and nothing that waits
 * in a socket is lost. The successor asks for the sockets and gets ready while the predecessor goes
 * on answering; says stop; the predecessor finishes what it has begun, saves the swarms, closes the
 * store, says yours; the successor starts and says ready; only then the predecessor ends. There is
 * never a second writer. Where the successor fails at any moment, the predecessor sees its end of
 * the socket closed, and goes on as before. */
#pragma once
#include "program.h"

/* The successor's side. */
typedef struct Predecessor Predecessor;

/* Fills `inheritance` with the sockets of the server of this data folder. *ret_predecessor is NULL
 * where none runs, or it does not hand over; if it still lives then, its store will be in use. */
MUST_USE Error takeover_ask(const Settings *settings, Inheritance *inheritance,
                            Predecessor **ret_predecessor);
/* Returns when the predecessor has stopped, or died; `inheritance` then has its idle connections
 * too. */
void takeover_stop(Predecessor *predecessor, Inheritance *inheritance);
void takeover_ready(Predecessor *predecessor); /* lets it end; NULL is fine */
void takeover_free(Predecessor *predecessor);  /* NULL is fine; before takeover_ready: it goes on */

/* The predecessor's side, on a connection of the control socket whose first frame has been read.
 * False when the successor came to nothing before it said stop. */
bool takeover_offer(const Program *program, int control_listener, int fd, Arena *arena);
/* After program_yield. False when the successor came to nothing: go on. */
bool takeover_give(int fd, const Inheritance *inheritance);
long takeover_process(int fd); /* the successor's number */
