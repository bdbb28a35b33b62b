#include "community/health.h"

#include <assert.h>

#include "base/bytes.h"

enum {
    VERSION = 1,
    HOURS_OF_DAY = 24,
    ROOM_AT_FIRST = 16,
    /* Flags in the low bits of a step's first number; the time since the last one stands above. */
    HAS_SEEDERS = 1,
    HAS_LEECHERS = 2,
    HAS_COMPLETED = 4,
    FLAG_BITS = 3,
    NUMBER_BITS = 7, /* of a byte; the eighth says that another follows */
    STEP_BYTES_MAX = 6 + 5 + 5 + 5,
};

static_assert(1 + 5 + HEALTH_STEPS_MAX * STEP_BYTES_MAX <= HEALTH_BYTES_MAX,
              "a full series fits into its limit");

/* --- numbers of as many bytes as they need --- */

static void write_number(ByteWriter *writer, uint64_t value) {
    for (; value >> NUMBER_BITS; value >>= NUMBER_BITS)
        byte_write_u8(writer, (uint8_t)(value | 1 << NUMBER_BITS));
    byte_write_u8(writer, (uint8_t)value);
}

/* The shortest form only, so that equal series are equal bytes. */
static uint64_t read_number(ByteReader *reader) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 40; shift += NUMBER_BITS) {
        uint8_t byte = byte_read_u8(reader);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte >> NUMBER_BITS) continue;
        if (byte == 0 && shift > 0) reader->failed = true;
        return value;
    }
    reader->failed = true;
    return 0;
}

/* 0, -1, 1, -2, ... as 0, 1, 2, 3, ... */
static void write_change(ByteWriter *writer, uint32_t now, uint32_t before) {
    int64_t change = (int64_t)now - before;
    write_number(writer, change < 0 ? (uint64_t)(-change) * 2 - 1 : (uint64_t)change * 2);
}

static uint32_t read_change(ByteReader *reader, uint32_t before) {
    uint64_t folded = read_number(reader);
    int64_t change = folded & 1 ? -(int64_t)(folded / 2) - 1 : (int64_t)(folded / 2);
    int64_t now = (int64_t)before + change;
    if (change == 0 || now < 0 || now > UINT32_MAX) reader->failed = true;
    return (uint32_t)now;
}

/* --- a series as bytes --- */

static void reserve(HealthSteps *steps, size_t room, Arena *arena) {
    if (room <= steps->room) return;
    size_t larger = steps->room * 2 > room ? steps->room * 2 : room;
    HealthStep *moved = arena_new(arena, HealthStep, larger);
    if (steps->count) memcpy(moved, steps->at, steps->count * sizeof *moved);
    steps->at = moved;
    steps->room = larger;
}

static HealthStep read_step(ByteReader *reader, const HealthStep *before, bool is_first) {
    HealthStep step = *before;
    uint64_t head = read_number(reader), since = head >> FLAG_BITS;
    if ((since == 0 && !is_first) || since > UINT32_MAX - before->at) reader->failed = true;
    step.at = before->at + (uint32_t)since;
    step.completed = 0;
    if (head & HAS_SEEDERS) step.seeders = read_change(reader, before->seeders);
    if (head & HAS_LEECHERS) step.leechers = read_change(reader, before->leechers);
    if (head & HAS_COMPLETED) step.completed = read_change(reader, 0);
    return step;
}

bool health_parse(Str bytes, Arena *arena, HealthSteps *ret_steps) {
    HealthSteps steps = {0};
    HealthStep before = {0};
    if (!bytes.len) {
        *ret_steps = steps;
        return true;
    }
    ByteReader reader = byte_reader(bytes.at, bytes.len);
    bool known = byte_read_u8(&reader) == VERSION;
    uint64_t count = read_number(&reader);
    /* A step has a byte at least. */
    if (!known || reader.failed || !count || count > HEALTH_STEPS_MAX || count > reader.left)
        return false;
    reserve(&steps, (size_t)count + 1, arena);
    for (; steps.count < count && !reader.failed; steps.count++)
        steps.at[steps.count] = before = read_step(&reader, &before, steps.count == 0);
    if (reader.failed || reader.left) return false;
    *ret_steps = steps;
    return true;
}

Str health_write(const HealthSteps *steps, Arena *arena) {
    assert(steps->count <= HEALTH_STEPS_MAX);
    if (!steps->count) return (Str){0};
    size_t room = 1 + 5 + steps->count * STEP_BYTES_MAX;
    ByteWriter writer = byte_writer(arena_new(arena, uint8_t, room), room);
    byte_write_u8(&writer, VERSION);
    write_number(&writer, steps->count);
    HealthStep before = {0};
    for (size_t i = 0; i < steps->count; i++) {
        const HealthStep *step = &steps->at[i];
        unsigned flags = (step->seeders != before.seeders ? HAS_SEEDERS : 0) |
                         (step->leechers != before.leechers ? HAS_LEECHERS : 0) |
                         (step->completed ? HAS_COMPLETED : 0);
        write_number(&writer, (uint64_t)(step->at - before.at) << FLAG_BITS | flags);
        if (flags & HAS_SEEDERS) write_change(&writer, step->seeders, before.seeders);
        if (flags & HAS_LEECHERS) write_change(&writer, step->leechers, before.leechers);
        if (flags & HAS_COMPLETED) write_change(&writer, step->completed, 0);
        before = *step;
    }
    return str_from_bytes(writer.start, byte_written(&writer));
}

/* --- growing --- */

static bool same_swarm(const HealthStep *a, const HealthStep *b) {
    return a->seeders == b->seeders && a->leechers == b->leechers;
}

static uint32_t add_capped(uint32_t a, uint32_t b) {
    uint32_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT32_MAX : sum;
}

static void push(HealthSteps *steps, HealthStep step, Arena *arena) {
    if (steps->count == HEALTH_STEPS_MAX) {
        memmove(steps->at, steps->at + 1, (steps->count - 1) * sizeof *steps->at);
        steps->count--;
    }
    reserve(steps, steps->count < ROOM_AT_FIRST ? ROOM_AT_FIRST : steps->count + 1, arena);
    steps->at[steps->count++] = step;
}

void health_append(HealthSteps *steps, HealthStep step, Arena *arena) {
    HealthStep *last = steps->count ? &steps->at[steps->count - 1] : NULL;
    if (last && step.at <= last->at) {
        last->seeders = step.seeders;
        last->leechers = step.leechers;
        last->completed = add_capped(last->completed, step.completed);
    } else if (!last || step.completed || !same_swarm(&step, last)) {
        push(steps, step, arena);
    }
}

bool health_at(const HealthSteps *steps, uint32_t at, HealthStep *ret_step) {
    size_t low = 0, high = steps->count; /* the first step later than `at` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (steps->at[middle].at > at)
            high = middle;
        else
            low = middle + 1;
    }
    if (!low) return false;
    *ret_step = steps->at[low - 1];
    return true;
}

/* --- from hours to days --- */

uint32_t health_first_kept_hour(uint32_t hour) {
    uint32_t day = hour / HOURS_OF_DAY;
    return day < HEALTH_HOURS_DAYS ? 0 : (day - HEALTH_HOURS_DAYS) * HOURS_OF_DAY;
}

/* Where the walk over the hours is, and what holds there. */
typedef struct {
    const HealthSteps *hours;
    size_t next;
    bool begun; /* before the first step nothing is known */
    HealthStep state;
} Walk;

static uint32_t mean(uint64_t sum, uint32_t hours) {
    uint32_t rounded = (uint32_t)((sum + hours / 2) / hours);
    return sum && !rounded ? 1 : rounded;
}

static HealthStep take_day(Walk *walk, uint32_t day) {
    uint64_t seeders = 0, leechers = 0;
    uint32_t known = 0;
    HealthStep step = {.at = day};
    for (uint32_t hour = day * HOURS_OF_DAY; hour < (day + 1) * HOURS_OF_DAY; hour++) {
        if (walk->next < walk->hours->count && walk->hours->at[walk->next].at == hour) {
            walk->state = walk->hours->at[walk->next++];
            walk->begun = true;
            step.completed = add_capped(step.completed, walk->state.completed);
        }
        if (!walk->begun) continue;
        seeders += walk->state.seeders;
        leechers += walk->state.leechers;
        known++;
    }
    step.seeders = known ? mean(seeders, known) : 0;
    step.leechers = known ? mean(leechers, known) : 0;
    return step;
}

void health_compact(HealthSteps *hours, HealthSteps *days, uint32_t hour, Arena *arena) {
    uint32_t first_kept = health_first_kept_hour(hour);
    if (!hours->count || hours->at[0].at >= first_kept) return;
    Walk walk = {.hours = hours};
    if (days->count) {
        walk.state = days->at[days->count - 1];
        walk.begun = walk.state.at < hours->at[0].at / HOURS_OF_DAY;
    }
    uint32_t day = hours->at[0].at / HOURS_OF_DAY;
    while (day < first_kept / HOURS_OF_DAY) {
        health_append(days, take_day(&walk, day), arena);
        day++;
        bool has_step = walk.next < hours->count && hours->at[walk.next].at / HOURS_OF_DAY == day;
        /* A day without a step is as the one before ended; the days behind it say nothing new. */
        if (has_step || day >= first_kept / HOURS_OF_DAY) continue;
        health_append(days, (HealthStep){day, walk.state.seeders, walk.state.leechers, 0}, arena);
        day = walk.next < hours->count ? hours->at[walk.next].at / HOURS_OF_DAY : UINT32_MAX;
    }
    /* The day told last may differ from what held when it ended. */
    HealthStep kept = {first_kept, walk.state.seeders, walk.state.leechers, 0};
    bool is_told = same_swarm(&days->at[days->count - 1], &kept);
    bool has_own = walk.next < hours->count && hours->at[walk.next].at == first_kept;
    size_t base = !is_told && !has_own, left = hours->count - walk.next;
    memmove(hours->at + base, hours->at + walk.next, left * sizeof *hours->at);
    if (base) hours->at[0] = kept;
    hours->count = left + base;
}
