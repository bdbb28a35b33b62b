/* A Cookie header: whatever is found lies inside it. */
#include <assert.h>

#include "http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Str header = str_from_bytes(bytes, len), value;
    if (cookie_find(header, STR("session"), &value)) {
        assert(value.len <= len);
        assert(value.len == 0 ||
               (value.at >= header.at && value.at + value.len <= header.at + len));
        (void)cookie_value_is_plain(value);
    }
    return 0;
}
