#include "tracker/web.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/heap.h"
#include "tracker/web_message.h"

enum {
    MESSAGE_ARENA_BYTES = 8 * MIB, /* all that one message can lead to is far below */
    OFFER_S = 3,                   /* one offer in that time, in the long run */
    OFFERS_BURST_S = 60 * OFFER_S,
};

struct Web {
    const AnswerDesk *desk;
    WebGroups *peers;
    WebSend send;
    void *argument;
    _Atomic size_t swept;
    _Atomic uint64_t announces, offers, answers, refused;
};

/* One message, and what is known about it on the way. */
typedef struct {
    Web *web;
    WebClient *client;
    WebAsk ask;
    WebSwarm swarm; /* what was asked may be another hash of a hybrid */
    Seconds now;
    Arena arena;
} WebVisit;

static const Str not_tracked = {"This torrent is not tracked here.", 33};
static const Str other_id = {"A connection keeps its peer_id in a swarm.", 42};
static const Str taken_id = {"This peer_id is in use on another connection.", 45};
static const Str not_announced = {"An answer comes after an announce.", 34};

Web *web_create(const AnswerDesk *desk) {
    Web *web = heap_new(1, sizeof *web);
    web->desk = desk;
    web->peers = web_groups_create();
    return web;
}

void web_free(Web *web) {
    if (!web) return;
    web_groups_free(web->peers);
    heap_free(web);
}

void web_set_send(Web *web, WebSend send, void *argument) {
    web->send = send;
    web->argument = argument;
}

static void count_up(_Atomic uint64_t *counter) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

WebTotals web_totals(const Web *web) {
    return (WebTotals){.peers = web_groups_peers(web->peers),
                       .announces = atomic_load(&web->announces),
                       .offers = atomic_load(&web->offers),
                       .answers = atomic_load(&web->answers),
                       .refused = atomic_load(&web->refused)};
}

static void reply(WebVisit *visit, Str text) {
    visit->web->send(visit->web->argument, web_client_socket(visit->client), text);
}

static void refuse(WebVisit *visit, Str words) {
    count_up(&visit->web->refused);
    reply(visit, web_refusal_write(&visit->ask, words, &visit->arena));
}

/* Also how one asks whether the swarm is tracked: by changing nothing. */
static bool count(const Web *web, WebCount change, WebSwarm *ret_swarm) {
    return answer_count_web(web->desk, &change, ret_swarm);
}

/* --- coming and going --- */

static WebChange change_of(bool is_seeder, int by) {
    return (WebChange){.seeders = is_seeder ? by : 0, .leechers = is_seeder ? 0 : by};
}

static WebCount going(const WebPeer *peer, Seconds now) {
    return (WebCount){.hash = peer->group->hash,
                      .from = web_client_ip(peer->client),
                      .change = change_of(peer->is_seeder, peer->is_counted ? -1 : 0),
                      .now = now};
}

static void leave_swarm(Web *web, WebPeer *peer, Seconds now) {
    WebSwarm swarm;
    count(web, going(peer, now), &swarm);
    web_groups_remove(web->peers, peer);
}

/* Notes in the visit what the swarm is like now. False when nothing was counted. */
static bool count_visit(WebVisit *visit, WebChange change) {
    WebCount asked = {.hash = visit->ask.hash,
                      .from = web_client_ip(visit->client),
                      .change = change,
                      .now = visit->now};
    return count(visit->web, asked, &visit->swarm) && visit->swarm.is_counted;
}

/* Those beyond meet others like everybody, as a class room may stand behind one address; but nobody
 * makes a work look alive alone. Behind a proxy nobody trusts, loopback is everybody. */
static bool may_be_counted(const WebVisit *visit) {
    IpAddress ip = web_client_ip(visit->client);
    unsigned max = visit->web->desk->web_peers_per_address_max;
    return max == 0 || ip_is_loopback(ip) ||
           web_groups_count_address(visit->web->peers, &visit->swarm.hash, visit->client) < max;
}

static bool is_kept(const WebVisit *visit) {
    IpAddress ip = web_client_ip(visit->client);
    return ip_is_bogon(ip) || address_meter_take(visit->web->desk->meter, ip, visit->now);
}

static WebPeer *join_swarm(WebVisit *visit) {
    bool is_seeder = visit->ask.is_complete;
    WebNewcomer newcomer = {.hash = visit->swarm.hash,
                            .asked = visit->ask.hash,
                            .id = visit->ask.peer_id,
                            .is_seeder = is_seeder,
                            .is_counted = may_be_counted(visit)};
    if (!is_kept(visit)) return NULL;
    if (newcomer.is_counted && !count_visit(visit, change_of(is_seeder, 1))) return NULL;
    WebPeer *peer = web_groups_add(visit->web->peers, visit->client, &newcomer);
    if (!peer && newcomer.is_counted) count_visit(visit, change_of(is_seeder, -1));
    return peer;
}

static void change_peer(WebVisit *visit, WebPeer *peer) {
    const WebAsk *ask = &visit->ask;
    bool is_seeder = ask->has_left ? ask->is_complete : peer->is_seeder;
    bool completes = ask->event == EVENT_COMPLETED && is_seeder && !peer->has_completed;
    int turned = (int)is_seeder - (int)peer->is_seeder;
    if (peer->is_counted && (turned || completes))
        count_visit(visit, (WebChange){turned, -turned, .completed = completes});
    peer->has_completed |= is_seeder;
    web_group_change_role(peer, is_seeder);
}

/* An id goes over to a new connection only from the same address: everybody in the swarm may know
 * it, and a client that lost its connection comes back before we notice. */
static bool claim_id(WebVisit *visit, WebPeer *owner) {
    if (!ip_equal(web_client_ip(owner->client), web_client_ip(visit->client))) return false;
    leave_swarm(visit->web, owner, visit->now);
    return true;
}

/* --- announce --- */

static size_t allowed_offers(const WebVisit *visit, WebPeer *peer) {
    if (peer->offers_until < visit->now) peer->offers_until = visit->now;
    Seconds room_s = OFFERS_BURST_S - (peer->offers_until - visit->now);
    size_t allowed = (size_t)(room_s / OFFER_S), asked = visit->ask.offer_count;
    return asked < allowed ? asked : allowed;
}

static void relay_offers(WebVisit *visit, const WebGroup *group, WebPeer *peer) {
    Web *web = visit->web;
    WebPeer *receivers[TRACKER_WEB_OFFERS_MAX];
    size_t count = web_group_draw(group, peer, allowed_offers(visit, peer), receivers);
    peer->offers_until += (Seconds)count * OFFER_S;
    for (size_t i = 0; i < count; i++) {
        WebPeer *receiver = receivers[i];
        const WebOffer *offer = &visit->ask.offers[i];
        WebRelay relay = {.hash = &receiver->asked, .peer_id = peer->id, .offer = offer};
        web_peer_note_offer(web->peers, receiver, peer, offer->id, visit->now + WEB_ANSWER_S);
        web->send(web->argument, web_client_socket(receiver->client),
                  web_offer_write(&relay, &visit->arena));
        count_up(&web->offers);
    }
}

/* Those that came together do not come back together. */
static Seconds interval_for(const WebClient *client) {
    enum { SPREAD_S = WEB_INTERVAL_S / 10 };
    uint64_t socket = web_client_socket(client);
    return WEB_INTERVAL_S - SPREAD_S + (Seconds)((socket ^ socket >> 32) % (2 * SPREAD_S + 1));
}

static void reply_state(WebVisit *visit) {
    reply(visit, web_announce_write(&visit->ask.hash, &visit->swarm.state,
                                    interval_for(visit->client), &visit->arena));
}

/* Inside the swarm's stripe. */
static void announce_inside(WebVisit *visit, WebGroup *group) {
    WebPeer *peer = web_group_find_client(group, visit->client);
    WebPeer *owner = web_group_find_id(visit->web->peers, group, visit->ask.peer_id);
    if (peer && peer != owner) {
        refuse(visit, other_id);
        return;
    }
    if (owner && !peer && !claim_id(visit, owner)) {
        refuse(visit, taken_id);
        return;
    }
    if (visit->ask.event == EVENT_STOPPED) {
        if (peer) leave_swarm(visit->web, peer, visit->now);
        count_visit(visit, (WebChange){0});
        peer = NULL;
    } else if (peer) {
        change_peer(visit, peer);
    } else {
        peer = join_swarm(visit);
        if (peer) peer->has_completed = peer->is_seeder;
    }
    reply_state(visit);
    if (!peer) return;
    peer->heard_at = visit->now;
    relay_offers(visit, peer->group, peer);
}

/* --- answer --- */

static void answer_inside(WebVisit *visit, WebGroup *group) {
    Web *web = visit->web;
    const WebAsk *ask = &visit->ask;
    WebPeer *peer = web_group_find_client(group, visit->client);
    WebAnswerable offer;
    if (!peer || memcmp(peer->id, ask->peer_id, PEER_ID_BYTES) != 0) {
        refuse(visit, not_announced);
        return;
    }
    peer->heard_at = visit->now;
    /* Too late, or never asked: no word of it, as nobody waits for one. */
    WebAnswering answering = {ask->to_peer_id, ask->answer.id, visit->now};
    if (!web_peer_take_offer(web->peers, peer, answering, &offer)) return;
    WebRelay relay = {.hash = &offer.asked, .peer_id = peer->id, .offer = &ask->answer};
    web->send(web->argument, offer.socket, web_answer_write(&relay, &visit->arena));
    count_up(&web->answers);
}

/* --- the desk --- */

static void take_announce(WebVisit *visit) {
    Web *web = visit->web;
    WebCount look = {.hash = visit->ask.hash, .now = visit->now};
    WebSwarm before;
    if (!visit->ask.is_answer) count_up(&web->announces);
    if (visit->ask.event != EVENT_STOPPED &&
        !client_filter_admits(web->desk->clients, visit->ask.peer_id)) {
        refuse(visit, client_not_welcome);
        return;
    }
    if (!count(web, look, &before)) {
        refuse(visit, not_tracked);
        return;
    }
    WebGroup *group = web_groups_enter(web->peers, &before.hash);
    /* Asked again inside: whoever closes the gate comes here afterwards to put everybody out. */
    bool is_tracked = count(web, look, &visit->swarm) &&
                      memcmp(&before.hash, &visit->swarm.hash, sizeof before.hash) == 0;
    if (!is_tracked)
        refuse(visit, not_tracked);
    else if (visit->ask.is_answer)
        answer_inside(visit, group);
    else
        announce_inside(visit, group);
    web_groups_leave(web->peers, &before.hash);
}

static void take_scrape(WebVisit *visit) {
    SwarmState states[TRACKER_SCRAPE_HASHES_MAX] = {0};
    for (size_t i = 0; i < visit->ask.hash_count; i++) {
        WebSwarm swarm;
        WebCount look = {.hash = visit->ask.hashes[i], .now = visit->now};
        if (count(visit->web, look, &swarm)) states[i] = swarm.state;
    }
    reply(visit, web_scrape_write(&visit->ask, states, &visit->arena));
}

WebClient *web_open(uint64_t socket, IpAddress ip) { return web_client_create(socket, ip); }

void web_take(Web *web, WebClient *client, Str message, Seconds now) {
    WebVisit visit = {.web = web, .client = client, .now = now};
    visit.arena = arena_create(MESSAGE_ARENA_BYTES);
    web_ask_open(message, &visit.ask);
    if (visit.ask.refusal.len)
        refuse(&visit, visit.ask.refusal);
    else if (visit.ask.action == WEB_SCRAPE)
        take_scrape(&visit);
    else
        take_announce(&visit);
    web_ask_close(&visit.ask);
    arena_free(&visit.arena);
}

void web_close(Web *web, WebClient *client, Seconds now) {
    SwarmHash hash;
    while (web_client_any(client, &hash)) {
        WebPeer *peer = web_group_find_client(web_groups_enter(web->peers, &hash), client);
        if (peer) leave_swarm(web, peer, now);
        web_groups_leave(web->peers, &hash);
    }
    web_client_free(client);
}

void web_forget(Web *web, const SwarmHash *hash) {
    WebGroup *group = web_groups_enter(web->peers, hash);
    for (uint32_t left = group ? group->count : 0; left > 0; left--)
        web_groups_remove(web->peers, group->places[left - 1].peer);
    web_groups_leave(web->peers, hash);
}

static void uncount(void *argument, const WebPeer *peer, Seconds now) {
    WebSwarm swarm;
    count(argument, going(peer, now), &swarm);
}

void web_sweep(Web *web, Seconds now) {
    WebSweep sweep = {.since = now - WEB_EXPIRY_S, .now = now, .gone = uncount, .argument = web};
    web_groups_sweep(web->peers, atomic_fetch_add(&web->swept, 1), &sweep);
}
