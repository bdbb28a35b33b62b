/* encode.h — bytes as text and back: hex, base32, base64 and base64url (RFC 4648),
 * percent-encoding (RFC 3986). Decoders take the whole string or refuse it; their output is
 * untouched on failure. */
#pragma once
#include "base/text.h"

Str hex_write(Arena *arena, const void *bytes, size_t len); /* lower case */
bool hex_parse(Str hex, void *ret_bytes, size_t len);       /* exactly len bytes, either case */

bool base32_parse(Str base32, void *ret_bytes,
                  size_t len); /* no padding, either case; as in magnet links */
Str base64_write(Arena *arena, const void *bytes, size_t len);    /* padded, with + and / */
bool base64_parse(Str text, void *ret_bytes, size_t len);         /* exactly len bytes */
bool base64_read(Str text, Arena *arena, Str *ret_bytes);         /* of any length */
Str base64url_write(Arena *arena, const void *bytes, size_t len); /* no padding */
bool base64url_parse(Str text, void *ret_bytes, size_t len);      /* exactly len bytes */

void percent_write(Text *text, Str bytes); /* all but A-Z a-z 0-9 - . _ ~ */
/* %XX decoded, everything else literal; `plus_is_space` for form bodies. A % without two digits is
 * refused. The result may hold any byte, NUL included. */
bool percent_parse(Str text, bool plus_is_space, Arena *arena, Str *ret_bytes);
