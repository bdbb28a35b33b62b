/* systemd.h — what systemd, or whatever speaks like it, tells us and wants to be told:
 * sd_listen_fds(3) and sd_notify(3), by their own words and without their library. Where nobody
 * listens nothing is said. */
#pragma once
#include "base/listener.h"

/* The sockets it bound for us (LISTEN_PID, LISTEN_FDS); the variables are removed, so that programs
 * we start do not take them for theirs. */
MUST_USE Error systemd_listeners(ListenerSet *set);

/* "READY=1", "STOPPING=1", "RELOADING=1", ... to NOTIFY_SOCKET. */
void systemd_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
