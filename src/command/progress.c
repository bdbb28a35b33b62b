#include "command/progress.h"

#include <jansson.h>

enum {
    LOOK_STEPS = 256, /* the clock is asked so often */
    DRAW_US = 500 * 1000,
    TELL_US = 10 * 1000 * 1000,
    SECOND_US = 1000 * 1000,
    LINE_BYTES = 200,
};

Progress progress_begin(Call *call, Str path, const char *unit) {
    int64_t now_us = clock_monotonic_us();
    return (Progress){.call = call,
                      .look = call->io->look(call->io->end, path),
                      .unit = unit,
                      .started_us = now_us,
                      .told_us = now_us};
}

static uint64_t per_second(const Progress *progress, int64_t now_us) {
    int64_t span_us = now_us - progress->started_us;
    return span_us > 0 ? progress->done * SECOND_US / (uint64_t)span_us : progress->done;
}

static void draw(Progress *progress, uint64_t rate, int64_t left_s) {
    Call *call = progress->call;
    char text[LINE_BYTES], rest[64] = "";
    bool over = progress->look.on_terminal;
    if (left_s >= 0)
        snprintf(rest, sizeof rest, ", %lld min %02lld s left", (long long)left_s / 60,
                 (long long)left_s % 60);
    int len = snprintf(text, sizeof text, "%s%llu %s, %llu a second%s%s", over ? "\r\033[K" : "",
                       (unsigned long long)progress->done, progress->unit, (unsigned long long)rate,
                       rest, over ? "" : "\n");
    call->io->err(call->io->end, (Str){text, (size_t)len});
    progress->drawn = over;
}

/* In memory of its own: there may be many. */
static void print_json(const Progress *progress, uint64_t rate, int64_t left_s) {
    Arena arena = arena_create(1 << 16), *outer = progress->call->arena;
    progress->call->arena = &arena;
    json_t *item = json_object();
    json_object_set_new(item, progress->unit, json_integer((json_int_t)progress->done));
    json_object_set_new(item, "per_second", json_integer((json_int_t)rate));
    json_object_set_new(item, "seconds_left", left_s < 0 ? json_null() : json_integer(left_s));
    call_print_json(progress->call, item);
    progress->call->arena = outer;
    arena_free(&arena);
}

void progress_step(Progress *progress, double share) {
    if (++progress->done % LOOK_STEPS || progress->quiet) return;
    int64_t now_us = clock_monotonic_us();
    bool draws = progress->look.on_terminal && !progress->call->json;
    if (now_us - progress->told_us < (draws ? DRAW_US : TELL_US)) return;
    progress->told_us = now_us;
    double span_s = (double)(now_us - progress->started_us) / SECOND_US;
    int64_t left_s = share > 0 && share <= 1 ? (int64_t)(span_s * (1 - share) / share) : -1;
    if (progress->call->json)
        print_json(progress, per_second(progress, now_us), left_s);
    else
        draw(progress, per_second(progress, now_us), left_s);
}

ProgressEnd progress_end(Progress *progress) {
    int64_t now_us = clock_monotonic_us();
    Call *call = progress->call;
    if (progress->drawn) call->io->err(call->io->end, STR("\r\033[K"));
    return (ProgressEnd){(double)(now_us - progress->started_us) / SECOND_US,
                         per_second(progress, now_us)};
}
