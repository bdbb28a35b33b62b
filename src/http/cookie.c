#include "http/cookie.h"

#include "base/limits.h"

bool cookie_find(Str header, Str name, Str *ret_value) {
    for (unsigned i = 0; header.len && i < HTTP_COOKIES_MAX; i++) {
        Str value = str_trim(str_cut(&header, ';'));
        if (str_find_byte(value, '=') == STR_NONE) continue;
        if (!str_equal(str_trim(str_cut(&value, '=')), name)) continue;
        value = str_trim(value);
        if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
            value = str_part(value, 1, value.len - 1);
        *ret_value = value;
        return true;
    }
    return false;
}

bool cookie_value_is_plain(Str value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\') return false;
    }
    return true;
}
