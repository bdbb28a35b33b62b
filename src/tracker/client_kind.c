#include "tracker/client_kind.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/heap.h"

enum { KIND_BYTES_MIN = 2, AZUREUS_BYTES_MIN = 3 };

/* Of two that begin alike, the shorter first. */
static int compare_kinds(const ClientKind *a, const ClientKind *b) {
    uint8_t shorter = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->at, b->at, shorter);
    return order ? order : a->len - b->len;
}

static bool begins_with(const void *bytes, const ClientKind *kind) {
    return memcmp(bytes, kind->at, kind->len) == 0;
}

static bool is_covered(const ClientKind *kind, const ClientKind *by) {
    return kind->len >= by->len && begins_with(kind->at, by);
}

/* In its place; those it covers go, and it does when another covers it. */
static void add_kind(ClientKinds *kinds, const ClientKind *kind) {
    size_t kept = 0, place = 0;
    for (size_t i = 0; i < kinds->count; i++)
        if (is_covered(kind, &kinds->at[i])) return;
    for (size_t i = 0; i < kinds->count; i++)
        if (!is_covered(&kinds->at[i], kind)) kinds->at[kept++] = kinds->at[i];
    while (place < kept && compare_kinds(&kinds->at[place], kind) < 0) place++;
    memmove(kinds->at + place + 1, kinds->at + place, (kept - place) * sizeof *kind);
    kinds->at[place] = *kind;
    kinds->count = kept + 1;
}

static Error check_kind(Str word) {
    size_t least = word.at[0] == '-' ? AZUREUS_BYTES_MIN : KIND_BYTES_MIN;
    if (word.len < least)
        return error(BAD_INPUT, "bad_client_kind",
                     "holds \"{}\", which is too short to name a client. Write the beginning of "
                     "its peer id, as -XL or -XL0012- or M7-10-.",
                     word);
    if (word.len > PEER_ID_BYTES)
        return error(BAD_INPUT, "bad_client_kind",
                     "holds \"{}\", which is longer than a peer id: at most 20 bytes.", word);
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] < '!' || word.at[i] > '~')
            return error(BAD_INPUT, "bad_client_kind",
                         "may hold letters, digits and signs of ASCII only, not \"{}\".", word);
    return OK;
}

static Str cut_word(Str *rest) {
    size_t end = 0;
    while (end < rest->len && rest->at[end] != ',' && rest->at[end] != ' ') end++;
    Str word = str_part(*rest, 0, end);
    *rest = str_skip(*rest, end + 1);
    return word;
}

Error client_kinds_parse(Str list, ClientKinds *ret_kinds) {
    ClientKinds kinds = {.count = 0};
    while (list.len > 0) {
        Str word = cut_word(&list);
        if (word.len == 0) continue;
        TRY(check_kind(word));
        if (kinds.count == CLIENT_KINDS_MAX)
            return error(BAD_INPUT, "too_many_client_kinds", "may hold at most {} clients.",
                         STR("256"));
        ClientKind kind = {.len = (uint8_t)word.len};
        memcpy(kind.at, word.at, word.len);
        add_kind(&kinds, &kind);
    }
    *ret_kinds = kinds;
    return OK;
}

/* The last one that does not stand behind the peer id is the only one it can begin with. */
bool client_kinds_hold(const ClientKinds *kinds, const uint8_t peer_id[PEER_ID_BYTES]) {
    size_t low = 0, high = kinds->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const ClientKind *kind = &kinds->at[middle];
        if (memcmp(kind->at, peer_id, kind->len) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && begins_with(peer_id, &kinds->at[low - 1]);
}

bool client_rules_admit(const ClientRules *rules, const uint8_t peer_id[PEER_ID_BYTES]) {
    if (client_kinds_hold(&rules->denied, peer_id)) return false;
    return rules->allowed.count == 0 || client_kinds_hold(&rules->allowed, peer_id);
}

const Str client_not_welcome = {"This client program is not welcome here.", 40};

struct ClientFilter {
    atomic_bool has_rules; /* most have none: then no lock is taken */
    pthread_rwlock_t lock;
    ClientRules rules;
};

ClientFilter *client_filter_create(void) {
    ClientFilter *filter = heap_new(1, sizeof *filter);
    pthread_rwlock_init(&filter->lock, NULL);
    return filter;
}

void client_filter_free(ClientFilter *filter) {
    if (!filter) return;
    pthread_rwlock_destroy(&filter->lock);
    heap_free(filter);
}

void client_filter_change(ClientFilter *filter, const ClientRules *rules) {
    pthread_rwlock_wrlock(&filter->lock);
    filter->rules = *rules;
    atomic_store(&filter->has_rules, rules->denied.count + rules->allowed.count > 0);
    pthread_rwlock_unlock(&filter->lock);
}

bool client_filter_admits(ClientFilter *filter, const uint8_t peer_id[PEER_ID_BYTES]) {
    if (!atomic_load_explicit(&filter->has_rules, memory_order_relaxed)) return true;
    pthread_rwlock_rdlock(&filter->lock);
    bool admitted = client_rules_admit(&filter->rules, peer_id);
    pthread_rwlock_unlock(&filter->lock);
    return admitted;
}
