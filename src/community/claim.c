#include "community/claim.h"

#include "base/language.h"
#include "queries/claim.h"

/* The codes are those of probe/outcome.def. */
static const struct {
    const char *code, *words;
} outcomes[] = {
    {"ok", WORDS("answers, and is right")},
    {"unknown_there", WORDS("does not know this work")},
    {"no_scrape", WORDS("cannot be asked for counts")},
    {"size_right", WORDS("there, with the right size")},
    {"wrong_size", WORDS("has another size than this work")},
    {"wrong_content", WORDS("sends other bytes than this work’s")},
    {"no_ranges", WORDS("sends only whole files, which clients cannot use")},
    {"gone", WORDS("not there any more")},
    {"moved", WORDS("leads elsewhere; we do not follow")},
    {"no_seed", WORDS("cannot be checked")},
    {"refused", WORDS("refuses to answer us")},
    {"bad_answer", WORDS("answers what makes no sense")},
    {"no_answer", WORDS("does not answer")},
    {"bad_certificate", WORDS("shows a certificate nobody vouches for")},
    {"no_name", WORDS("its name leads nowhere")},
    {"bad_url", WORDS("not asked: its address is not understood")},
    {"bad_port", WORDS("not asked: on a port kept for something else")},
    {"private_address", WORDS("not asked: on a private network")},
    {"own_address", WORDS("not asked: that is ourselves")},
};

bool claim_is_fine(Str outcome) {
    return str_equal(outcome, STR("ok")) || str_equal(outcome, STR("size_right"));
}

Str claim_words(Str outcome) {
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (str_equal(outcome, str_from_c(outcomes[i].code))) return str_from_c(outcomes[i].words);
    return (Str){0};
}

static Error list_foreign(Visit *visit, int64_t torrent_id, Claims *claims) {
    ClaimForeignOfRows rows;
    TRY(query_claim_foreign_of(visit->db, visit->arena,
                               (ClaimForeignOfAsk){.torrent_id = torrent_id}, &rows));
    claims->foreign = arena_new(visit->arena, ForeignClaim, rows.count);
    claims->foreign_count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        claims->foreign[i] = (ForeignClaim){
            .tracker = rows.at[i].tracker,
            .outcome = rows.at[i].outcome,
            .tried_at = rows.at[i].tried_at,
            .checked_at = rows.at[i].checked_at,
            .seeders = (uint32_t)rows.at[i].seeders,
            .leechers = (uint32_t)rows.at[i].leechers,
            .completed = (uint64_t)rows.at[i].completed,
        };
    return OK;
}

static Error list_seeds(Visit *visit, int64_t torrent_id, Claims *claims) {
    ClaimSeedsOfRows rows;
    TRY(query_claim_seeds_of(visit->db, visit->arena, (ClaimSeedsOfAsk){.torrent_id = torrent_id},
                             &rows));
    claims->seeds = arena_new(visit->arena, SeedClaim, rows.count);
    claims->seed_count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        claims->seeds[i] = (SeedClaim){rows.at[i].url, rows.at[i].outcome, rows.at[i].checked_at};
    return OK;
}

Error claim_list(Visit *visit, int64_t torrent_id, Claims *ret_claims) {
    Claims claims = {0};
    TRY(list_foreign(visit, torrent_id, &claims));
    TRY(list_seeds(visit, torrent_id, &claims));
    bool found;
    ClaimReachOfRow reach;
    TRY(query_claim_reach_of(visit->db, visit->arena, (ClaimReachOfAsk){.torrent_id = torrent_id},
                             &found, &reach));
    if (found && visit->now - reach.checked_at < CLAIM_FRESH_S) {
        claims.probed = (uint64_t)reach.probed;
        claims.reachable = (uint64_t)reach.reachable;
        claims.probed_at = reach.checked_at;
    }
    *ret_claims = claims;
    return OK;
}

ForeignMost claim_most(const Claims *claims, Seconds now) {
    ForeignMost most = {0};
    for (size_t i = 0; i < claims->foreign_count; i++) {
        const ForeignClaim *claim = &claims->foreign[i];
        if (claim->checked_at == 0 || now - claim->checked_at > CLAIM_FRESH_S) continue;
        most.trackers++;
        if (claim->seeders > most.seeders) most.seeders = claim->seeders;
        if (claim->leechers > most.leechers) most.leechers = claim->leechers;
        if (!most.oldest_at || claim->checked_at < most.oldest_at)
            most.oldest_at = claim->checked_at;
    }
    return most;
}

const SeedClaim *claim_of_seed(const Claims *claims, Str url) {
    for (size_t i = 0; i < claims->seed_count; i++)
        if (str_equal(claims->seeds[i].url, url)) return &claims->seeds[i];
    return NULL;
}
