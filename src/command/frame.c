#include "command/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"

enum { FRAME_HEAD_BYTES = 5, FRAME_BYTES_MAX = 1 << 30 };

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
