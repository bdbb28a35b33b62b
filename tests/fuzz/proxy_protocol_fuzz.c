/* PROXY protocol headers: however the bytes are cut, the verdict is the same, and what was read is
 * never more than what was there. */
#include <assert.h>

#include "base/limits.h"
#include "http/proxy_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    ProxyHeader header = {0}, again = {0};
    Str input = str_from_bytes(bytes, len);
    ProxyHeaderVerdict verdict = proxy_header_parse(input, &header);
    if (verdict == PROXY_HEADER_GOOD) {
        assert(header.len >= 16 && header.len <= len);
        assert(header.len <= HTTP_PROXY_HEADER_BYTES_MAX);
    }
    /* What is known early stays so; a good header is good at its last byte and not before. */
    for (size_t i = 0; i <= len && i <= HTTP_PROXY_HEADER_BYTES_MAX; i++) {
        ProxyHeaderVerdict early = proxy_header_parse(str_part(input, 0, i), &again);
        if (early == PROXY_HEADER_MORE) continue;
        assert(early == verdict);
        if (early != PROXY_HEADER_GOOD) break;
        assert(i == header.len && again.len == header.len);
        assert(again.has_client == header.has_client && again.is_secure == header.is_secure);
        assert(!again.has_client || ip_equal(again.client, header.client));
        break;
    }
    assert(len <= HTTP_PROXY_HEADER_BYTES_MAX || verdict != PROXY_HEADER_MORE);
    return 0;
}
