/* Any saved swarms, as if their digest were right: read, counted, swept, written and read again. */
#include "tracker/snapshot.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static Swarms *create(void) {
    return swarms_create(&(SwarmLimits){.peers_max = 5000,
                                        .swarms_max = 500,
                                        .peers_per_address_max = 4,
                                        .expiry_s = 3000,
                                        .gate = {.open = true}});
}

static void write_and_read(Swarms *swarms) {
    static uint8_t piece[SWARM_PIECE_BYTES];
    SwarmReading reading = {.now = 100000, .allow_private_addresses = true};
    Swarms *again = create();
    SwarmCursor cursor = {0};
    size_t len;
    /* A crowd may go on in the next piece, so all of them make one text. */
    uint8_t *all = NULL;
    size_t all_len = 0;
    while ((len = swarms_write_piece(swarms, &cursor, 100000, piece)) > 0) {
        all = realloc(all, all_len + len);
        assert(all);
        memcpy(all + all_len, piece, len);
        all_len += len;
    }
    assert(swarms_read_bytes(again, str_from_bytes(all, all_len), &reading));
    free(all);
    SwarmTotals old = swarms_totals(swarms), new = swarms_totals(again);
    assert(old.seeders == new.seeders &&old.leechers == new.leechers);
    assert(old.completed == new.completed &&old.swarms == new.swarms);
    swarms_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Swarms *swarms = create();
    TwoClocks now = {.unix_s = 1000060, .steady_s = 100000};
    snapshot_parse(swarms, str_from_bytes(bytes, len), now, len % 2);
    write_and_read(swarms);
    /* In two turns: an age begins anew after twice the time a peer may be silent. */
    for (Seconds then = 101600; then <= 103300; then += 1700)
        for (size_t shard = 0; shard < swarms_shard_count(swarms); shard++) {
            SwarmSweep sweep = {.now = then, .slots = SIZE_MAX};
            while (!swarms_sweep(swarms, shard, &sweep)) sweep.slots = SIZE_MAX;
        }
    SwarmTotals totals = swarms_totals(swarms);
    assert(totals.seeders + totals.leechers + totals.swarms == 0);
    swarms_free(swarms);
    return 0;
}
