/* control.h — the control socket: commands reach the running server, so that there is never a
 * second writer. A few callers are served at once, so that one who waits keeps nobody out. A Unix
 * socket "control.sock" in the data folder, mode 0600: whoever may open it may do everything.
 * Frames of both directions: one byte of kind, four of length, the payload. The server runs the
 * command and asks the other end for files and terminal, so paths mean what the person who typed
 * them sees. */
#pragma once
#include "command/command.h"

typedef struct Control Control;

/* The listening socket is taken out of `inherited` where there is one. */
MUST_USE Error control_start(Program *program, ListenerSet *inherited, Control **ret_control);
void control_stop(Control *control); /* cuts off who is being served; NULL is fine */

/* A successor has asked for all we have: SIGUSR1 tells so. Its connection, or -1. After
 * control_yield, which is control_stop but leaves the socket to whoever has a copy, it belongs to
 * the caller. */
int control_successor(Control *control);
void control_yield(Control *control, ListenerSet *ret_listeners);

int control_call(const Settings *settings); /* a connection to the running server, or -1 */
/* False when no server listens there; else the command ran in it and *ret_code is its exit code. */
bool control_ask(const Settings *settings, const CommandIo *io, const Str *words, size_t count,
                 int *ret_code);
