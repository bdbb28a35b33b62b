#include <jansson.h>

#include "command/commands.h"
#include "community/torrent_index.h"
#include "indexing.h"

enum { TELL_EVERY_MS = 2000 };

typedef struct {
    Call *call;
    Milliseconds began_ms, told_ms;
} Progress;

static void tell(void *argument, uint64_t works) {
    Progress *progress = argument;
    Milliseconds now_ms = clock_monotonic_ms(), took_ms = now_ms - progress->began_ms;
    if (progress->call->json || now_ms - progress->told_ms < TELL_EVERY_MS) return;
    progress->told_ms = now_ms;
    call_print(progress->call, "%llu works, %llu a second\n", (unsigned long long)works,
               (unsigned long long)(works * 1000 / (uint64_t)(took_ms ? took_ms : 1)));
}

static Progress progress_of(Call *call) {
    return (Progress){call, clock_monotonic_ms(), clock_monotonic_ms()};
}

Error command_search_rebuild(Call *call) {
    Progress progress = progress_of(call);
    Search *search = call->program->community.search;
    bool is_built = false;
    if (!call->program->indexing)
        TRY(indexing_open_alone(call->program, call->visit, tell, &progress, &is_built));
    if (!is_built) TRY(indexing_rebuild(call->program, call->visit, tell, &progress));
    Milliseconds took_ms = clock_monotonic_ms() - progress.began_ms;
    if (call->json)
        call_print_json(call, json_pack("{s:I,s:I}", "works", (json_int_t)search_count(search),
                                        "ms", (json_int_t)took_ms));
    else
        call_print(call, "The index holds %zu works; it took %lld ms.\n", search_count(search),
                   (long long)took_ms);
    return OK;
}

static void report(void *argument, int64_t id, const char *what) {
    Progress *progress = argument;
    if (progress->call->json)
        call_print_json(progress->call,
                        json_pack("{s:I,s:s}", "id", (json_int_t)id, "difference", what));
    else if (id)
        call_print(progress->call, "Work %lld %s.\n", (long long)id, what);
    else
        call_print(progress->call, "There is this about no work in particular: %s.\n", what);
}

Error command_search_check(Call *call) {
    Progress progress = progress_of(call);
    bool is_built = false;
    if (!call->program->indexing)
        TRY(indexing_open_alone(call->program, call->visit, tell, &progress, &is_built));
    TorrentChecking checking = {.report = report, .tell = tell, .argument = &progress};
    size_t differences;
    TRY(torrent_index_check(call->visit, &checking, &differences));
    size_t works = search_count(call->program->community.search);
    if (!call->json) call_print(call, "%zu works checked, %zu differ.\n", works, differences);
    if (!differences) return OK;
    return error(BROKEN, "search_differs",
                 "The search index is not what the catalogue says. `essaim search rebuild` makes "
                 "it anew.");
}
