/* client_kind.h — which client programs may announce, by the beginnings of their peer ids.
 * Azureus style -XL0012-… names a program and its version, -XL every version; Mainline style
 * M7-10-5-… likewise. A peer id is what a client says of itself: this keeps the honest ones away,
 * and broken versions. Who is denied is refused though allowed too; where any are allowed, all
 * others are refused. Parsing and matching are pure. A ClientFilter holds the rules in force and
 * lets them be changed while others read. */
#pragma once
#include "base/error.h"
#include "tracker/announce.h"

typedef struct {
    uint8_t len;
    char at[PEER_ID_BYTES];
} ClientKind;

typedef struct {
    ClientKind at[CLIENT_KINDS_MAX]; /* sorted; none begins with another */
    size_t count;
} ClientKinds;

/* Separated by commas or spaces; empty: none. */
MUST_USE Error client_kinds_parse(Str list, ClientKinds *ret_kinds);
bool client_kinds_hold(const ClientKinds *kinds, const uint8_t peer_id[PEER_ID_BYTES]);

typedef struct {
    ClientKinds denied, allowed;
} ClientRules;
bool client_rules_admit(const ClientRules *rules, const uint8_t peer_id[PEER_ID_BYTES]);

extern const Str client_not_welcome; /* what a client is told who is not admitted */

typedef struct ClientFilter ClientFilter;
ClientFilter *client_filter_create(void); /* open to all */
void client_filter_free(ClientFilter *filter);
void client_filter_change(ClientFilter *filter, const ClientRules *rules);
bool client_filter_admits(ClientFilter *filter, const uint8_t peer_id[PEER_ID_BYTES]);
