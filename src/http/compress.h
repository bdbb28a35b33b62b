/* compress.h — which encoding a client wants (RFC 9110 12.5.3), and bytes in that encoding.
 * Levels are chosen for answers made on the fly. Pure. */
#pragma once
#include "base/arena.h"

typedef enum {
    ENCODING_PLAIN,
    ENCODING_GZIP,
    ENCODING_BROTLI,
    ENCODING_ZSTD,
    ENCODING_COUNT
} Encoding;

Encoding compress_negotiate(Str accept_encoding); /* highest q; between equals the best of ours */
Str compress_name(Encoding encoding);             /* "br"; empty for ENCODING_PLAIN */
bool compress_is_text(Str content_type);          /* worth it */
/* False when it would not be smaller. */
bool compress_write(Encoding encoding, Str plain, Arena *arena, Str *ret_bytes);
