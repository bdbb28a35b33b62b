#include "probe/fetch.h"

#include <assert.h>
#include <curl/curl.h>

#include "base/limits.h"
#include "base/text.h"

typedef struct {
    const Outbound *outbound;
    const FetchAsk *ask;
    CURL *curl;
    Text body;
    size_t head_bytes;
    bool is_cut, has_range_size, head_too_long;
    uint64_t range_size_bytes;
} Transfer;

void fetch_start(void) {
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    assert(code == CURLE_OK);
}

void fetch_end(void) { curl_global_cleanup(); }

/* A body longer than wanted ends the transfer. */
static size_t take_body(char *bytes, size_t size, size_t count, void *argument) {
    Transfer *transfer = argument;
    size_t len = size * count, room = transfer->ask->bytes_max - transfer->body.len;
    if (len > room) transfer->is_cut = true;
    text_add(&transfer->body, (Str){bytes, len > room ? room : len});
    return transfer->is_cut ? 0 : len;
}

/* "Content-Range: bytes 0-0/1234" (RFC 9110, 14.4) */
static void read_range(Transfer *transfer, Str line) {
    Str name = STR("content-range:");
    if (!str_starts_nocase(line, name)) return;
    Str value = str_trim(str_skip(line, name.len));
    size_t slash = str_find_byte(value, '/');
    if (!str_starts_nocase(value, STR("bytes ")) || slash == STR_NONE) return;
    transfer->has_range_size =
        str_to_u64(str_trim(str_skip(value, slash + 1)), &transfer->range_size_bytes);
}

static size_t take_header(char *bytes, size_t size, size_t count, void *argument) {
    Transfer *transfer = argument;
    size_t len = size * count;
    transfer->head_bytes += len;
    if (transfer->head_bytes > PROBE_HEAD_BYTES_MAX) {
        transfer->head_too_long = true;
        return 0;
    }
    read_range(transfer, (Str){bytes, len});
    return len;
}

/* Called about once a second, also while nothing comes. */
static int keep_going(void *argument, curl_off_t down_of, curl_off_t down, curl_off_t up_of,
                      curl_off_t up) {
    (void)down_of, (void)down, (void)up_of, (void)up;
    const Transfer *transfer = argument;
    return outbound_is_stopping(transfer->outbound);
}

static curl_socket_t open_socket(void *argument, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    const Transfer *transfer = argument;
    struct sockaddr_storage there = {0};
    if (purpose != CURLSOCKTYPE_IPCXN || address->addrlen > sizeof there) return CURL_SOCKET_BAD;
    memcpy(&there, &address->addr, address->addrlen);
    Endpoint endpoint = endpoint_from_sockaddr(&there), wanted = transfer->ask->to;
    if (!ip_equal(endpoint.ip, wanted.ip) || endpoint.port != wanted.port) return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_rules(CURL *curl, const Outbound *outbound, Arena *arena) {
    const OutboundSettings *settings = outbound_settings(outbound);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, str_c(arena, settings->agent));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms * 2);
}

static void set_hands(CURL *curl, Transfer *transfer) {
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, keep_going);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfer);
}

/* The returned list must outlive the transfer. */
static struct curl_slist *set_aim(CURL *curl, const FetchAsk *ask, Arena *arena) {
    curl_easy_setopt(curl, CURLOPT_URL, str_c(arena, ask->url));
    if (ask->length)
        curl_easy_setopt(
            curl, CURLOPT_RANGE,
            str_c(arena, arena_print(arena, "%llu-%llu", (unsigned long long)ask->from,
                                     (unsigned long long)(ask->from + ask->length - 1))));
    /* "::there:port": any host and port of the URL lead there. */
    Str aim = arena_print(arena, "::%.*s", STR_PRINTF(endpoint_write(arena, ask->to)));
    struct curl_slist *aims = curl_slist_append(NULL, str_c(arena, aim));
    curl_easy_setopt(curl, CURLOPT_CONNECT_TO, aims);
    return aims;
}

static Outcome outcome_of(CURLcode code, const Transfer *transfer, long status) {
    if (outbound_is_stopping(transfer->outbound)) return OUTCOME_STOPPED;
    if (transfer->is_cut) return OUTCOME_OK;
    if (transfer->head_too_long) return OUTCOME_BAD_ANSWER;
    if (code == CURLE_OK) return status ? OUTCOME_OK : OUTCOME_BAD_ANSWER;
    if (code == CURLE_PEER_FAILED_VERIFICATION) return OUTCOME_BAD_CERTIFICATE;
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_SSL_CONNECT_ERROR ||
        code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_RECV_ERROR || code == CURLE_PARTIAL_FILE)
        return OUTCOME_BAD_ANSWER;
    return OUTCOME_NO_ANSWER;
}

Outcome fetch_get(const Outbound *outbound, const FetchAsk *ask, Arena *arena,
                  Fetched *ret_fetched) {
    CURL *curl = curl_easy_init();
    if (!curl) return OUTCOME_NO_ANSWER;
    Transfer transfer = {.outbound = outbound, .ask = ask, .curl = curl};
    transfer.body = text_create(arena, ask->bytes_max);
    set_rules(curl, outbound, arena);
    set_hands(curl, &transfer);
    struct curl_slist *aims = set_aim(curl, ask, arena);
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_off_t length = -1;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    curl_slist_free_all(aims);
    curl_easy_cleanup(curl);
    Outcome outcome = outcome_of(code, &transfer, status);
    if (outcome != OUTCOME_OK) return outcome;
    Fetched fetched = {
        .status = (int)status, .body = text_str(&transfer.body), .is_cut = transfer.is_cut};
    fetched.has_size = status == 206 ? transfer.has_range_size : length >= 0;
    fetched.size_bytes = status == 206 ? transfer.range_size_bytes : (uint64_t)length;
    *ret_fetched = fetched;
    return OUTCOME_OK;
}
