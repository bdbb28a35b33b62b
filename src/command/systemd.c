#include "command/systemd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

enum { FIRST_FD = 3, FDS_MAX = 4096, WORDS_BYTES_MAX = 256 };

static uint64_t number_in(const char *name) {
    const char *value = getenv(name);
    uint64_t number = 0;
    return value && str_to_u64(str_from_c(value), &number) ? number : 0;
}

Error systemd_listeners(ListenerSet *set) {
    uint64_t count = number_in("LISTEN_FDS");
    bool ours = number_in("LISTEN_PID") == (uint64_t)getpid();
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (!ours) return OK;
    if (count > FDS_MAX)
        return error(BAD_INPUT, "too_many_sockets", "LISTEN_FDS promises too many sockets.");
    for (uint64_t i = 0; i < count; i++) TRY(listener_set_add(set, FIRST_FD + (int)i));
    return OK;
}

void systemd_tell(const char *format, ...) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path)
        return;
    char words[WORDS_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    if (len <= 0 || (size_t)len >= sizeof words) return;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@') address.sun_path[0] = 0; /* a name that is in no folder */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (fd < 0 || sendto(fd, words, (size_t)len, MSG_NOSIGNAL, (struct sockaddr *)&address,
                         address_len) != len)
        log_event(LOG_WARNING, "systemd_not_told", {"why", str_from_c(strerrordesc_np(errno))});
    if (fd >= 0) close(fd);
}
