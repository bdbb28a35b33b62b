#include "command/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"

enum {
    FRAME_HEAD_BYTES = 5,
    FRAME_BYTES_MAX = 1 << 30,
    SOCKETS_AT_ONCE = 200,
    SOCKETS_MAX = 1 << 20
};

static bool send_all(int fd, Str bytes) {
    while (bytes.len) {
        ssize_t put = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes = str_skip(bytes, (size_t)put);
    }
    return true;
}

static bool receive_all(int fd, char *bytes, size_t len) {
    while (len) {
        ssize_t got = recv(fd, bytes, len, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes += got;
        len -= (size_t)got;
    }
    return true;
}

bool frame_write(int fd, FrameKind kind, Str payload) {
    if (payload.len > FRAME_BYTES_MAX) return false;
    uint8_t head[FRAME_HEAD_BYTES];
    ByteWriter writer = byte_writer(head, sizeof head);
    byte_write_u8(&writer, (uint8_t)kind);
    byte_write_u32(&writer, (uint32_t)payload.len);
    return send_all(fd, str_from_bytes(head, sizeof head)) && send_all(fd, payload);
}

bool frame_read(int fd, Arena *arena, Frame *ret_frame) {
    uint8_t head[FRAME_HEAD_BYTES];
    if (!receive_all(fd, (char *)head, sizeof head)) return false;
    ByteReader reader = byte_reader(head, sizeof head);
    FrameKind kind = (FrameKind)byte_read_u8(&reader);
    uint32_t len = byte_read_u32(&reader);
    if (len > FRAME_BYTES_MAX || len >= arena->cap - arena->used) return false;
    char *bytes = arena_alloc(arena, len + 1, 1);
    if (!receive_all(fd, bytes, len)) return false;
    *ret_frame = (Frame){kind, {bytes, len}};
    return true;
}

/* Descriptors travel beside a byte, so many at a time (the kernel's SCM_MAX_FD is 253). */
typedef union {
    char bytes[CMSG_SPACE(SOCKETS_AT_ONCE * sizeof(int))];
    struct cmsghdr align;
} Rights;

static bool send_some(int fd, const int *sockets, size_t count) {
    char byte = 0;
    Rights rights = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = rights.bytes};
    message.msg_controllen = CMSG_SPACE(count * sizeof *sockets);
    struct cmsghdr *control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(count * sizeof *sockets);
    memcpy(CMSG_DATA(control), sockets, count * sizeof *sockets);
    ssize_t put;
    do {
        put = sendmsg(fd, &message, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    return put == 1;
}

/* Returns how many came. */
static size_t receive_some(int fd, int *sockets) {
    char byte;
    Rights rights = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = rights.bytes,
                             .msg_controllen = sizeof rights.bytes};
    ssize_t got;
    do {
        got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    struct cmsghdr *control = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) return 0;
    size_t bytes = control->cmsg_len - CMSG_LEN(0);
    memcpy(sockets, CMSG_DATA(control), bytes);
    return bytes / sizeof *sockets;
}

bool frame_write_sockets(int fd, const int *sockets, size_t count) {
    uint8_t head[4];
    ByteWriter writer = byte_writer(head, sizeof head);
    byte_write_u32(&writer, (uint32_t)count);
    if (!frame_write(fd, FRAME_SOCKETS, str_from_bytes(head, sizeof head))) return false;
    for (size_t sent = 0; sent < count;) {
        size_t some = count - sent < SOCKETS_AT_ONCE ? count - sent : SOCKETS_AT_ONCE;
        if (!send_some(fd, sockets + sent, some)) return false;
        sent += some;
    }
    return true;
}

bool frame_read_sockets(int fd, Arena *arena, int **ret_sockets, size_t *ret_count) {
    Frame frame;
    if (!frame_read(fd, arena, &frame) || frame.kind != FRAME_SOCKETS || frame.payload.len != 4)
        return false;
    ByteReader reader = byte_reader(frame.payload.at, frame.payload.len);
    size_t count = byte_read_u32(&reader), had = 0;
    if (count > SOCKETS_MAX) return false;
    int *sockets = arena_new(arena, int, count + SOCKETS_AT_ONCE);
    while (had < count) {
        size_t got = receive_some(fd, sockets + had);
        had += got;
        if (got == 0 || had > count) break;
    }
    if (had == count) {
        *ret_sockets = sockets;
        *ret_count = count;
        return true;
    }
    while (had > 0) close(sockets[--had]);
    return false;
}

Str frame_failure(Error e, Arena *arena) {
    Text text = text_create(arena, 64 * 1024);
    text_add_byte(&text, (char)e.kind);
    text_add(&text, str_from_c(error_code(e)));
    text_add_byte(&text, '\0');
    text_add(&text, error_text(e, arena));
    return text_str(&text);
}

Error frame_failure_parse(Str payload, Arena *arena) {
    ErrorKind kind = payload.len ? (ErrorKind)(uint8_t)payload.at[0] : ERROR_NONE;
    if (kind <= ERROR_NONE || kind > ERROR_UNAVAILABLE) kind = ERROR_BROKEN;
    Str rest = str_skip(payload, 1);
    Str code = str_cut(&rest, '\0');
    return error_build(kind, str_c(arena, code), NULL, "{}", arena_copy(arena, rest), (Str){0});
}
