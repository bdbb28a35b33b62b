/* The small parsers of base/: whatever they take must come back the same when written again. */
#include <assert.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/limits.h"

static void address(Str text, Arena *arena) {
    IpAddress ip, ip_back;
    Endpoint endpoint, endpoint_back;
    IpNetwork network;
    if (ip_parse(text, &ip)) {
        assert(ip_parse(ip_write(arena, ip), &ip_back) && ip_equal(ip, ip_back));
        ip_is_bogon(ip);
    }
    if (endpoint_parse(text, &endpoint)) {
        assert(endpoint_parse(endpoint_write(arena, endpoint), &endpoint_back));
        assert(ip_equal(endpoint.ip, endpoint_back.ip) && endpoint.port == endpoint_back.port);
    }
    if (ip_network_parse(text, &network)) assert(ip_network_contains(network, network.ip));
}

static void numbers_and_times(Str text, Arena *arena) {
    uint64_t u64;
    int64_t i64;
    Seconds at, at_back;
    if (str_to_u64(text, &u64)) assert(text.len > 0);
    if (str_to_i64(text, &i64)) {
        Text written = text_create(arena, 32);
        text_add_i64(&written, i64);
        int64_t back;
        assert(str_to_i64(text_str(&written), &back) && back == i64);
    }
    if (clock_parse_rfc3339(text, &at) && at >= -62167219200 && at <= 253402300799)
        assert(clock_parse_rfc3339(clock_rfc3339(arena, at), &at_back) && at == at_back);
}

static void encodings(Str text, Arena *arena) {
    Str bytes, again;
    for (int plus_is_space = 0; plus_is_space < 2; plus_is_space++) {
        if (!percent_parse(text, plus_is_space, arena, &bytes)) continue;
        Text written = text_create(arena, 3 * bytes.len);
        percent_write(&written, bytes);
        assert(!written.full && percent_parse(text_str(&written), plus_is_space, arena, &again));
        assert(str_equal(bytes, again));
    }
    uint8_t decoded[200];
    for (size_t len = 0; len < sizeof decoded; len++) {
        hex_parse(text, decoded, len);
        base32_parse(text, decoded, len);
        base64url_parse(text, decoded, len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Arena arena = arena_create(64 * MIB);
    Str text = str_from_bytes(bytes, len);
    address(text, &arena);
    numbers_and_times(text, &arena);
    encodings(text, &arena);
    str_is_utf8(text);
    language_accepted(text, LANGUAGE_EN);
    arena_free(&arena);
    return 0;
}
