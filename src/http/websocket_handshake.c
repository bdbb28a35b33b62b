#include "base/digest.h"
#include "base/encode.h"
#include "http/websocket.h"

enum { KEY_BYTES = 16 };

/* "keep-alive, Upgrade": is the token in one of the headers of that name? */
static bool has_token(const Request *request, Str name, Str token) {
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_equal_nocase(request->headers[i].name, name)) continue;
        Str list = request->headers[i].value;
        while (list.len)
            if (str_equal_nocase(str_trim(str_cut(&list, ',')), token)) return true;
    }
    return false;
}

/* The value of a header that must stand there exactly once. */
static bool find_only(const Request *request, Str name, Str *ret_value) {
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_equal_nocase(request->headers[i].name, name)) continue;
        *ret_value = request->headers[i].value;
        count++;
    }
    return count == 1;
}

bool websocket_is_asked(const Request *request) {
    return request->may_upgrade && has_token(request, STR("upgrade"), STR("websocket"));
}

static Error answer_words(Response *response, int status, Str words) {
    response->status = status;
    response_body(response, STR("text/plain; charset=utf-8"), words);
    return OK;
}

/* RFC 6455, 4.2.2: proof that a WebSocket server, and no other, has understood the request. */
static Str accept_key(Str key, Arena *arena) {
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t digest[SHA1_BYTES];
    sha1(arena_print(arena, "%.*s%s", STR_PRINTF(key), guid), digest);
    return base64_write(arena, digest, sizeof digest);
}

Error websocket_accept(const Request *request, Response *response,
                       const WebSocketHandler *handler) {
    Str key, version;
    uint8_t key_bytes[KEY_BYTES];
    if (!find_only(request, STR("sec-websocket-version"), &version) ||
        !str_equal(version, STR("13"))) {
        response_header(response, STR("Sec-WebSocket-Version"), STR("13"));
        return answer_words(response, 426, STR("WebSocket is spoken here in version 13.\n"));
    }
    if (!has_token(request, STR("connection"), STR("upgrade")) ||
        !find_only(request, STR("sec-websocket-key"), &key) ||
        !base64_parse(key, key_bytes, sizeof key_bytes))
        return answer_words(response, 400, STR("This WebSocket handshake is not well-formed.\n"));
    response->status = 101;
    response->websocket = handler;
    response_header(response, STR("Upgrade"), STR("websocket"));
    response_header(response, STR("Connection"), STR("Upgrade"));
    response_header(response, STR("Sec-WebSocket-Accept"), accept_key(key, request->arena));
    return OK;
}
