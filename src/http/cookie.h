/* cookie.h — the Cookie header read (RFC 6265), as far as servers may: name=value pairs, no more.
 */
#pragma once
#include "base/str.h"

/* The value of the first cookie of that name; false when absent or past HTTP_COOKIES_MAX. */
bool cookie_find(Str header, Str name, Str *ret_value);
bool cookie_value_is_plain(Str value); /* may stand in Set-Cookie as it is */
