#include "probe/target.h"

#include "base/address.h"

enum { HOST_BYTES_MAX = 253 /* RFC 1035 */, URL_BYTES_MAX = 2048 };

/* Below 1024 only 80 and 443, and 451 where a large public tracker lives. Above it what a stranger
 * must not make us talk to: databases, caches, remote desktops, mail and chat servers, container
 * and cluster control; the ports browsers refuse for the same reason are among them. */
bool target_port_is_fit(uint16_t port) {
    static const uint16_t unfit[] = {
        1433, 1434,  1521,  1719,  1720,  1723,  1883,  1900,  2049,  2181,  2375,  2376, 2379,
        2380, 3128,  3306,  3389,  3478,  3659,  4045,  4190,  4369,  5060,  5061,  5349, 5353,
        5355, 5432,  5672,  5900,  5984,  5985,  5986,  6000,  6379,  6443,  6566,  6665, 6666,
        6667, 6668,  6669,  6679,  6697,  8009,  8086,  8500,  9042,  9092,  9100,  9200, 9300,
        9418, 10080, 10250, 10255, 11211, 15672, 25565, 27017, 27018, 27019, 50000,
    };
    if (port < 1024) return port == 80 || port == 443 || port == 451;
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
        if (port == unfit[i]) return false;
    return true;
}

static bool is_host_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

static bool is_literal_byte(char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
           c == '.';
}

static bool all_bytes(Str s, bool (*fits)(char)) {
    for (size_t i = 0; i < s.len; i++)
        if (!fits(s.at[i])) return false;
    return true;
}

/* "host", "host:80", "[2001:db8::1]:80" */
static bool read_authority(Str authority, Target *target, Str *ret_port) {
    bool literal = str_starts(authority, STR("["));
    size_t end = literal ? str_find_byte(authority, ']') : str_find_byte(authority, ':');
    if (literal && end == STR_NONE) return false;
    target->host = str_part(authority, literal, end == STR_NONE ? authority.len : end);
    Str behind = end == STR_NONE ? (Str){0} : str_skip(authority, end + literal);
    if (behind.len && *behind.at != ':') return false;
    *ret_port = str_skip(behind, 1);
    IpAddress ip;
    if (literal)
        return all_bytes(target->host, is_literal_byte) && ip_parse(target->host, &ip) &&
               str_find_byte(target->host, ':') != STR_NONE;
    if (str_ends(target->host, STR("."))) target->host.len--;
    return target->host.len > 0 && target->host.len <= HOST_BYTES_MAX &&
           !str_starts(target->host, STR(".")) && !str_ends(target->host, STR(".")) &&
           !str_contains(target->host, STR("..")) && all_bytes(target->host, is_host_byte);
}

static bool read_port(Str typed, Target *target) {
    uint64_t port = target->scheme == TARGET_HTTPS ? 443 : 80;
    if (typed.len && (typed.len > 5 || !str_to_u64(typed, &port))) return false;
    if (port == 0 || port > UINT16_MAX) return false;
    target->port = (uint16_t)port;
    return true;
}

static bool is_printable(char c) { return c > ' ' && c < 0x7f; }

Outcome target_parse(Str url, Target *ret_target) {
    static const char *const schemes[] = {"udp://", "http://", "https://"};
    if (str_starts_nocase(url, STR("ws://")) || str_starts_nocase(url, STR("wss://")))
        return OUTCOME_NO_SCRAPE;
    if (url.len > URL_BYTES_MAX || !all_bytes(url, is_printable)) return OUTCOME_BAD_URL;
    Target target = {0};
    size_t scheme = 0;
    while (scheme < 3 && !str_starts_nocase(url, str_from_c(schemes[scheme]))) scheme++;
    if (scheme == 3) return OUTCOME_BAD_URL;
    target.scheme = (TargetScheme)scheme;
    Str rest = str_skip(url, strlen(schemes[scheme]));
    size_t fragment = str_find_byte(rest, '#');
    if (fragment != STR_NONE) rest.len = fragment;
    size_t end = 0;
    while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?') end++;
    target.rest = str_skip(rest, end);
    Str port;
    if (str_starts(target.rest, STR("?")) ||
        !read_authority(str_part(rest, 0, end), &target, &port) || !read_port(port, &target))
        return OUTCOME_BAD_URL;
    if (!target_port_is_fit(target.port)) return OUTCOME_BAD_PORT;
    *ret_target = target;
    return OUTCOME_OK;
}

Str target_url(const Target *target, Arena *arena) {
    static const char *const names[] = {"udp", "http", "https"};
    bool literal = str_find_byte(target->host, ':') != STR_NONE;
    return arena_print(arena, "%s://%s%.*s%s:%u%.*s", names[target->scheme], literal ? "[" : "",
                       STR_PRINTF(target->host), literal ? "]" : "", target->port,
                       STR_PRINTF(target->rest));
}
