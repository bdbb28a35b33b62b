#include "tracker/door.h"

#include <pthread.h>

#include "base/digest.h"
#include "base/heap.h"
#include "base/random.h"

enum { PROBES = 8 }; /* places looked at for one entry: beyond, the oldest gives way */

typedef struct {
    Endpoint at;
    uint8_t state; /* DoorState; DOOR_UNKNOWN: a free place */
    Seconds told_at;
} Door;

/* One seeder in one swarm. */
typedef struct {
    Endpoint at;
    SwarmHash swarm;
    bool is_there, is_changed;
    uint8_t state;
    Seconds seen_at;
} Sighting;

struct Doors {
    pthread_mutex_t lock;
    Seconds rest_s;
    uint8_t key[SIPHASH_KEY_BYTES];
    Door *doors;
    Sighting *sightings;
    DoorAsk waiting[DOORS_WAITING_MAX]; /* a ring */
    size_t waiting_at, waiting_count;
};

Doors *doors_create(Seconds rest_s) {
    Doors *doors = heap_new(1, sizeof *doors);
    doors->rest_s = rest_s;
    random_bytes(doors->key, sizeof doors->key);
    doors->doors = heap_new(DOORS_MAX, sizeof *doors->doors);
    doors->sightings = heap_new(DOOR_SIGHTINGS_MAX, sizeof *doors->sightings);
    pthread_mutex_init(&doors->lock, NULL);
    return doors;
}

void doors_free(Doors *doors) {
    if (!doors) return;
    heap_free(doors->doors);
    heap_free(doors->sightings);
    pthread_mutex_destroy(&doors->lock);
    heap_free(doors);
}

void doors_set_rest(Doors *doors, Seconds rest_s) {
    pthread_mutex_lock(&doors->lock);
    doors->rest_s = rest_s;
    pthread_mutex_unlock(&doors->lock);
}

static bool same_endpoint(Endpoint a, Endpoint b) {
    return a.port == b.port && ip_equal(a.ip, b.ip);
}

static bool same_hash(const SwarmHash *a, const SwarmHash *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static uint64_t place_of(const Doors *doors, Endpoint at, const SwarmHash *swarm) {
    uint8_t bytes[sizeof at.ip.bytes + 2 + sizeof swarm->bytes];
    size_t len = sizeof at.ip.bytes;
    memcpy(bytes, at.ip.bytes, len);
    bytes[len++] = (uint8_t)(at.port >> 8);
    bytes[len++] = (uint8_t)at.port;
    if (swarm) memcpy(bytes + len, swarm->bytes, sizeof swarm->bytes);
    if (swarm) len += sizeof swarm->bytes;
    return siphash(str_from_bytes(bytes, len), doors->key);
}

static bool is_over(const Doors *doors, const Door *door, Seconds now) {
    return now - door->told_at >= doors->rest_s;
}

static Door *find_door(Doors *doors, Endpoint at) {
    uint64_t start = place_of(doors, at, NULL);
    for (size_t i = 0; i < PROBES; i++) {
        Door *door = &doors->doors[(start + i) % DOORS_MAX];
        if (door->state != DOOR_UNKNOWN && same_endpoint(door->at, at)) return door;
    }
    return NULL;
}

/* A free place, or one whose time is over; NULL: not now. */
static Door *free_door(Doors *doors, Endpoint at, Seconds now) {
    uint64_t start = place_of(doors, at, NULL);
    for (size_t i = 0; i < PROBES; i++) {
        Door *door = &doors->doors[(start + i) % DOORS_MAX];
        bool idle = door->state != DOOR_WAITING && is_over(doors, door, now);
        if (door->state == DOOR_UNKNOWN || idle) return door;
    }
    return NULL;
}

static void let_wait(Doors *doors, const Announce *announce, Seconds now) {
    Door *door = find_door(doors, announce->from);
    if (!door) door = free_door(doors, announce->from, now);
    if (!door || doors->waiting_count == DOORS_WAITING_MAX) return;
    *door = (Door){.at = announce->from, .state = DOOR_WAITING, .told_at = now};
    size_t place = (doors->waiting_at + doors->waiting_count++) % DOORS_WAITING_MAX;
    doors->waiting[place] = (DoorAsk){announce->from, announce->hash};
}

/* Only these are counted: a swarm of doors not known yet is not worth a walk through all. */
static bool is_counted(uint8_t state) { return state == DOOR_OPEN || state == DOOR_CLOSED; }

static void note_sighting(Doors *doors, Endpoint at, const SwarmHash *swarm, const Sighting *seen) {
    uint64_t start = place_of(doors, at, swarm);
    Sighting *place = NULL;
    for (size_t i = 0; i < PROBES; i++) {
        Sighting *one = &doors->sightings[(start + i) % DOOR_SIGHTINGS_MAX];
        if (one->is_there && same_endpoint(one->at, at) && same_hash(&one->swarm, swarm)) {
            place = one;
            break;
        }
        bool better = !place || (place->is_there && !one->is_there) ||
                      (place->is_there && one->seen_at < place->seen_at);
        if (better) place = one;
    }
    bool same = place->is_there && same_endpoint(place->at, at) && same_hash(&place->swarm, swarm);
    uint8_t before = same ? place->state : DOOR_UNKNOWN;
    bool differs = before != seen->state && (is_counted(before) || is_counted(seen->state));
    bool changed = differs || (same && place->is_changed);
    *place = *seen;
    place->is_changed = changed;
}

static Seconds note_locked(Doors *doors, const Announce *announce, const SwarmHash *swarm,
                           Seconds now) {
    const Door *door = find_door(doors, announce->from);
    if (!door || (door->state != DOOR_WAITING && is_over(doors, door, now))) {
        let_wait(doors, announce, now);
        door = find_door(doors, announce->from);
    }
    if (!door) return 0;
    Sighting seen = {.at = announce->from,
                     .swarm = *swarm,
                     .is_there = true,
                     .state = door->state,
                     .seen_at = now};
    note_sighting(doors, announce->from, swarm, &seen);
    return door->state == DOOR_CLOSED ? door->told_at : 0;
}

Seconds doors_note(Doors *doors, const Announce *announce, const SwarmHash *swarm, Seconds now) {
    if (pthread_mutex_trylock(&doors->lock) != 0) return 0;
    Seconds closed_at = note_locked(doors, announce, swarm, now);
    pthread_mutex_unlock(&doors->lock);
    return closed_at;
}

size_t doors_take(Doors *doors, DoorAsk *ret_asks, size_t room) {
    pthread_mutex_lock(&doors->lock);
    size_t count = doors->waiting_count < room ? doors->waiting_count : room;
    for (size_t i = 0; i < count; i++) {
        ret_asks[i] = doors->waiting[doors->waiting_at];
        doors->waiting[doors->waiting_at] = (DoorAsk){0};
        doors->waiting_at = (doors->waiting_at + 1) % DOORS_WAITING_MAX;
    }
    doors->waiting_count -= count;
    pthread_mutex_unlock(&doors->lock);
    return count;
}

void doors_tell(Doors *doors, Endpoint at, DoorState state, Seconds now) {
    pthread_mutex_lock(&doors->lock);
    Door *door = find_door(doors, at);
    if (door) {
        door->state = (uint8_t)state;
        door->told_at = now;
    }
    for (size_t i = 0; i < DOOR_SIGHTINGS_MAX; i++) {
        Sighting *seen = &doors->sightings[i];
        if (!seen->is_there || !same_endpoint(seen->at, at) || seen->state == state) continue;
        seen->is_changed |= is_counted(seen->state) || is_counted((uint8_t)state);
        seen->state = (uint8_t)state;
    }
    pthread_mutex_unlock(&doors->lock);
}

/* --- counts --- */

static DoorCount count_swarm(Doors *doors, const SwarmHash *swarm) {
    DoorCount count = {.swarm = *swarm};
    for (size_t i = 0; i < DOOR_SIGHTINGS_MAX; i++) {
        Sighting *seen = &doors->sightings[i];
        if (!seen->is_there || !same_hash(&seen->swarm, swarm)) continue;
        seen->is_changed = false;
        count.open += seen->state == DOOR_OPEN;
        count.closed += seen->state == DOOR_CLOSED;
    }
    return count;
}

/* No address is kept longer than it is good for. */
static void drop_old(Doors *doors, Seconds now) {
    for (size_t i = 0; i < DOORS_MAX; i++) {
        Door *door = &doors->doors[i];
        if (door->state != DOOR_WAITING && is_over(doors, door, now)) *door = (Door){0};
    }
    for (size_t i = 0; i < DOOR_SIGHTINGS_MAX; i++) {
        Sighting *seen = &doors->sightings[i];
        if (seen->is_there && now - seen->seen_at >= doors->rest_s) *seen = (Sighting){0};
    }
}

size_t doors_tally(Doors *doors, Seconds now, DoorCount *ret_counts, size_t room) {
    pthread_mutex_lock(&doors->lock);
    drop_old(doors, now);
    size_t count = 0, looked = 0;
    for (size_t i = 0; i < DOOR_SIGHTINGS_MAX && looked < room; i++) {
        const Sighting *seen = &doors->sightings[i];
        if (!seen->is_there || !seen->is_changed) continue;
        looked++;
        DoorCount one = count_swarm(doors, &seen->swarm);
        if (one.open + one.closed) ret_counts[count++] = one;
    }
    pthread_mutex_unlock(&doors->lock);
    return count;
}

/* --- forgetting --- */

void doors_forget(Doors *doors) {
    pthread_mutex_lock(&doors->lock);
    memset(doors->doors, 0, DOORS_MAX * sizeof *doors->doors);
    memset(doors->sightings, 0, DOOR_SIGHTINGS_MAX * sizeof *doors->sightings);
    memset(doors->waiting, 0, sizeof doors->waiting);
    doors->waiting_count = 0;
    pthread_mutex_unlock(&doors->lock);
}

size_t doors_kept(Doors *doors) {
    size_t kept = 0;
    pthread_mutex_lock(&doors->lock);
    for (size_t i = 0; i < DOORS_MAX; i++) kept += doors->doors[i].at.port != 0;
    for (size_t i = 0; i < DOOR_SIGHTINGS_MAX; i++) kept += doors->sightings[i].at.port != 0;
    for (size_t i = 0; i < DOORS_WAITING_MAX; i++) kept += doors->waiting[i].at.port != 0;
    pthread_mutex_unlock(&doors->lock);
    return kept;
}
