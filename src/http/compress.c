#include "http/compress.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

enum {
    COMPRESS_BYTES_MIN = 256, /* below, headers cost more than is won */
    /* Half the work of the usual levels for pages 4 to 6 % larger: compressing is the dearest part
     * of a page made for one visitor. */
    GZIP_LEVEL = 3,
    BROTLI_LEVEL = 2,
    BROTLI_WINDOW = 18,
    ZSTD_LEVEL = 1,
};

static const Str names[ENCODING_COUNT] = {
    [ENCODING_GZIP] = {"gzip", 4}, [ENCODING_BROTLI] = {"br", 2}, [ENCODING_ZSTD] = {"zstd", 4}};

Str compress_name(Encoding encoding) { return names[encoding]; }

/* "0.5" in thousandths; anything odd counts as 0, which refuses that encoding. */
static unsigned parse_q(Str parameters) {
    while (parameters.len) {
        Str parameter = str_trim(str_cut(&parameters, ';'));
        if (!str_starts_nocase(parameter, STR("q="))) continue;
        Str q = str_skip(parameter, 2);
        unsigned value = 0, unit = 1000;
        for (size_t i = 0; i < q.len && i < 5; i++) {
            if (q.at[i] == '.' && i == 1) continue;
            if (q.at[i] < '0' || q.at[i] > '9') return 0;
            value += (unsigned)(q.at[i] - '0') * unit;
            unit /= 10;
        }
        return value > 1000 ? 1000 : value;
    }
    return 1000;
}

Encoding compress_negotiate(Str accept_encoding) {
    unsigned q[ENCODING_COUNT] = {0}, others = 0;
    bool named[ENCODING_COUNT] = {0};
    while (accept_encoding.len) {
        Str item = str_cut(&accept_encoding, ',');
        Str name = str_trim(str_cut(&item, ';'));
        unsigned value = parse_q(item);
        if (str_equal(name, STR("*"))) others = value;
        if (str_equal_nocase(name, STR("x-gzip"))) name = names[ENCODING_GZIP];
        for (Encoding e = ENCODING_GZIP; e < ENCODING_COUNT; e++) {
            if (!str_equal_nocase(name, names[e])) continue;
            q[e] = value;
            named[e] = true;
        }
    }
    Encoding best = ENCODING_PLAIN;
    for (Encoding e = ENCODING_GZIP; e < ENCODING_COUNT; e++) {
        if (!named[e]) q[e] = others;
        if (q[e] > 0 && (best == ENCODING_PLAIN || q[e] >= q[best])) best = e;
    }
    return best;
}

bool compress_is_text(Str content_type) {
    static const char *const types[] = {
        "application/json",
        "application/problem+json",
        "application/javascript",
        "application/xml",
        "application/rss+xml",
        "application/atom+xml",
        "application/xhtml+xml",
        "application/ld+json",
        "application/manifest+json",
        "application/x-bibtex",
        "image/svg+xml",
        "application/opensearchdescription+xml",
    };
    Str type = str_trim(str_cut(&content_type, ';'));
    if (str_starts_nocase(type, STR("text/")))
        return !str_equal_nocase(type, STR("text/event-stream"));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (str_equal_nocase(type, str_from_c(types[i]))) return true;
    return false;
}

static size_t write_gzip(Str plain, char *out, size_t room) {
    enum { WINDOW_BITS = 15, GZIP_FRAME = 16, MEMORY_LEVEL = 8 };
    z_stream stream = {0};
    if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, WINDOW_BITS + GZIP_FRAME, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    stream.next_in = (Bytef *)(uintptr_t)plain.at;
    stream.avail_in = (uInt)plain.len;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    int result = deflate(&stream, Z_FINISH);
    size_t len = result == Z_STREAM_END ? stream.total_out : 0;
    deflateEnd(&stream);
    return len;
}

static size_t write_brotli(Str plain, char *out, size_t room) {
    size_t len = room;
    bool done = BrotliEncoderCompress(BROTLI_LEVEL, BROTLI_WINDOW, BROTLI_MODE_TEXT, plain.len,
                                      (const uint8_t *)plain.at, &len, (uint8_t *)out);
    return done ? len : 0;
}

static size_t write_zstd(Str plain, char *out, size_t room) {
    size_t len = ZSTD_compress(out, room, plain.at, plain.len, ZSTD_LEVEL);
    return ZSTD_isError(len) ? 0 : len;
}

bool compress_write(Encoding encoding, Str plain, Arena *arena, Str *ret_bytes) {
    if (encoding == ENCODING_PLAIN || plain.len < COMPRESS_BYTES_MIN || plain.len > INT32_MAX)
        return false;
    size_t room = plain.len - 1, len = 0; /* what needs more is not worth sending */
    char *out = arena_alloc(arena, room, 1);
    if (encoding == ENCODING_GZIP) len = write_gzip(plain, out, room);
    if (encoding == ENCODING_BROTLI) len = write_brotli(plain, out, room);
    if (encoding == ENCODING_ZSTD) len = write_zstd(plain, out, room);
    if (len == 0) return false;
    *ret_bytes = (Str){out, len};
    return true;
}
