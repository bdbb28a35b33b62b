#include "http/proxy.h"

#include "base/limits.h"

bool proxy_is_trusted(ProxyTrust trust, IpAddress ip) {
    for (size_t i = 0; i < trust.count; i++)
        if (ip_network_contains(trust.trusted[i], ip)) return true;
    return false;
}

/* "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80", "2001:db8::1" */
static bool parse_hop(Str text, IpAddress *ret_ip) {
    if (str_starts(text, STR("["))) {
        size_t close = str_find_byte(text, ']');
        return close != STR_NONE && ip_parse(str_part(text, 1, close), ret_ip);
    }
    size_t colon = str_find_byte(text, ':');
    bool one = colon != STR_NONE && str_find_byte(str_skip(text, colon + 1), ':') == STR_NONE;
    return ip_parse(one ? str_part(text, 0, colon) : text, ret_ip);
}

static Str cut_last(Str *list) {
    size_t at = list->len;
    while (at > 0 && list->at[at - 1] != ',') at--;
    Str last = str_trim(str_skip(*list, at));
    *list = str_part(*list, 0, at > 0 ? at - 1 : 0);
    return last;
}

IpAddress proxy_client(ProxyTrust trust, IpAddress peer, const HttpHeader *headers, size_t count) {
    IpAddress client = peer;
    unsigned hops = 0;
    if (!proxy_is_trusted(trust, peer)) return peer;
    for (size_t i = count; i-- > 0;) {
        if (!str_equal_nocase(headers[i].name, STR("x-forwarded-for"))) continue;
        Str list = headers[i].value;
        while (list.len) {
            if (hops++ == HTTP_FORWARDED_MAX || !parse_hop(cut_last(&list), &client)) return client;
            if (!proxy_is_trusted(trust, client)) return client;
        }
    }
    return client;
}

bool proxy_is_secure(ProxyTrust trust, IpAddress peer, const HttpHeader *headers, size_t count) {
    if (!proxy_is_trusted(trust, peer)) return false;
    for (size_t i = 0; i < count; i++)
        if (str_equal_nocase(headers[i].name, STR("x-forwarded-proto")))
            return str_equal_nocase(headers[i].value, STR("https"));
    return false;
}
