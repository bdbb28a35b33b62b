#include "probe/web_seed.h"

#include <assert.h>

#include "base/encode.h"
#include "base/limits.h"
#include "torrent/bencode.h"
#include "torrent/merkle.h"
#include "torrent/metainfo.h"

/* What of the info dictionary Metainfo does not keep. */
typedef struct {
    Metainfo metainfo;
    Str pieces; /* v1: SHA-1s in a row; empty for v2 */
    bool is_folder;
    Str layers;
    Arena *arena;
} Work;

static bool read_work(const WebSeedAsk *ask, Arena *arena, Work *ret_work) {
    Work work = {.layers = ask->piece_layers, .arena = arena};
    if (failed(metainfo_parse_info(ask->info, arena, &work.metainfo))) return false;
    Str files = {0}, pieces = {0};
    const BencodeSlot slots[] = {{STR("files"), &files}, {STR("pieces"), &pieces}};
    bencode_find(ask->info, slots, sizeof slots / sizeof *slots);
    bencode_as_string(pieces, &work.pieces);
    const Metainfo *metainfo = &work.metainfo;
    bool is_lone = metainfo->file_count == 1 && str_equal(metainfo->files[0].path, metainfo->name);
    work.is_folder = files.len > 0 || !is_lone;
    *ret_work = work;
    return metainfo->file_count > 0 && metainfo->piece_length > 0;
}

/* What was replaced to be shown safely is not the name a server knows it by. */
static bool is_exact(Str name) { return !str_contains(name, STR("\xEF\xBF\xBD")); }

static bool is_askable(const TorrentFile *file) {
    return file->size_bytes > 0 && !(file->flags & (FILE_PAD | FILE_SYMLINK)) &&
           is_exact(file->path);
}

static void add_path(Text *url, Str path) {
    while (path.len) {
        percent_write(url, str_cut(&path, '/'));
        if (path.len) text_add_byte(url, '/');
    }
}

/* A folder's files stand below "URL/NAME/"; the URL of a lone file is the file, unless it ends in a
 * slash. A query has no place to put a path behind. */
static Str file_url(const Work *work, Str listed, const TorrentFile *file) {
    size_t names = (work->metainfo.name.len + file->path.len) * 3;
    Text url = text_create(work->arena, listed.len + names + sizeof "///");
    text_add(&url, listed);
    bool slash = str_ends(listed, STR("/"));
    if (work->is_folder) {
        if (!slash) text_add_byte(&url, '/');
        add_path(&url, work->metainfo.name);
        text_add_byte(&url, '/');
        add_path(&url, file->path);
    } else if (slash) {
        add_path(&url, file->path);
    }
    return text_str(&url);
}

/* --- which piece --- */

static void take_piece(const TorrentFile *file, uint64_t piece_length, uint64_t number,
                       WebSeedPlan *plan) {
    plan->from = number * piece_length;
    uint64_t left = file->size_bytes - plan->from;
    plan->length = left < piece_length ? left : piece_length;
}

/* v2: each file begins a piece, and its pieces are a layer of its own tree. */
static bool plan_merkle(const Work *work, const TorrentFile *file, uint64_t chance,
                        WebSeedPlan *plan) {
    uint64_t length = work->metainfo.piece_length;
    if (!file->has_root) return false;
    plan->proof = WEB_SEED_MERKLE;
    if (file->size_bytes <= length) {
        take_piece(file, length, 0, plan);
        plan->leaves_min = 1;
        memcpy(plan->hash, file->root, SHA256_BYTES);
        return true;
    }
    Str value = {0}, layer = {0};
    const BencodeSlot slot = {str_from_bytes(file->root, SHA256_BYTES), &value};
    if (work->layers.len) bencode_find(work->layers, &slot, 1);
    uint64_t pieces = (file->size_bytes + length - 1) / length;
    if (!bencode_as_string(value, &layer) || layer.len != pieces * SHA256_BYTES) return false;
    uint64_t number = chance % pieces;
    take_piece(file, length, number, plan);
    plan->leaves_min = length / MERKLE_BLOCK_BYTES;
    memcpy(plan->hash, layer.at + number * SHA256_BYTES, SHA256_BYTES);
    return true;
}

/* v1: files lie one behind the other, so only pieces that touch no other file will do. */
static bool plan_sha1(const Work *work, size_t index, uint64_t chance, WebSeedPlan *plan) {
    const Metainfo *metainfo = &work->metainfo;
    uint64_t length = metainfo->piece_length, start = 0;
    for (size_t i = 0; i < index; i++) start += metainfo->files[i].size_bytes;
    uint64_t end = start + metainfo->files[index].size_bytes;
    bool is_last = index + 1 == metainfo->file_count;
    uint64_t first = (start + length - 1) / length, behind = end / length;
    if (is_last && end % length) behind++;
    if (first >= behind || behind * SHA1_BYTES > work->pieces.len) return false;
    uint64_t number = first + chance % (behind - first), at = number * length;
    plan->proof = WEB_SEED_SHA1;
    plan->from = at - start;
    plan->length = end - at < length ? end - at : length;
    memcpy(plan->hash, work->pieces.at + number * SHA1_BYTES, SHA1_BYTES);
    return true;
}

static bool plan_piece(const Work *work, size_t index, uint64_t chance, WebSeedPlan *plan) {
    const TorrentFile *file = &work->metainfo.files[index];
    return file->has_root ? plan_merkle(work, file, chance, plan)
                          : work->pieces.len && plan_sha1(work, index, chance, plan);
}

static void plan_size(WebSeedPlan *plan) {
    plan->proof = WEB_SEED_SIZE;
    plan->from = 0;
    plan->length = 1;
}

static Outcome plan_url(const Work *work, Str listed, const TorrentFile *file, WebSeedPlan *plan) {
    Target target;
    Outcome outcome = target_parse(file_url(work, listed, file), &target);
    if (outcome != OUTCOME_OK) return outcome;
    if (target.scheme == TARGET_UDP) return OUTCOME_BAD_URL;
    plan->url = target_url(&target, work->arena);
    plan->file_bytes = file->size_bytes;
    return OUTCOME_OK;
}

Outcome web_seed_plan(const WebSeedAsk *ask, Arena *arena, WebSeedPlan *ret_plan) {
    enum { FILES_TRIED_MAX = 64 };
    Work work;
    if (!read_work(ask, arena, &work)) return OUTCOME_NO_SEED;
    if (work.is_folder && !is_exact(work.metainfo.name)) return OUTCOME_NO_SEED;
    size_t count = work.metainfo.file_count, tried = 0, fallback = count;
    WebSeedPlan plan = {0};
    for (size_t i = 0; i < count && tried < FILES_TRIED_MAX; i++) {
        size_t index = (size_t)((ask->chance + i) % count);
        if (!is_askable(&work.metainfo.files[index])) continue;
        tried++;
        if (fallback == count) fallback = index;
        if (!plan_piece(&work, index, ask->chance >> 16, &plan)) continue;
        if (plan.length > ask->piece_bytes_max) plan_size(&plan);
        fallback = index;
        break;
    }
    if (fallback == count) return OUTCOME_NO_SEED;
    if (plan.length == 0) plan_size(&plan);
    Outcome outcome = plan_url(&work, ask->url, &work.metainfo.files[fallback], &plan);
    if (outcome == OUTCOME_OK) *ret_plan = plan;
    return outcome;
}

/* --- what came --- */

static void merkle_of(Str bytes, uint64_t leaves_min, uint8_t ret_root[SHA256_BYTES]) {
    static const uint8_t zero[SHA256_BYTES];
    Sha *sha = sha256_create();
    Merkle merkle;
    merkle_start(&merkle, sha);
    while (bytes.len) {
        uint8_t leaf[SHA256_BYTES];
        sha256(str_part(bytes, 0, MERKLE_BLOCK_BYTES), leaf);
        merkle_add(&merkle, leaf);
        bytes = str_skip(bytes, MERKLE_BLOCK_BYTES);
    }
    merkle_finish(&merkle, leaves_min, zero, ret_root);
    sha_free(sha);
}

static Outcome judge_bytes(const WebSeedPlan *plan, const Fetched *fetched) {
    if (plan->proof == WEB_SEED_SIZE) return OUTCOME_SIZE_RIGHT;
    if (fetched->body.len != plan->length || fetched->is_cut) return OUTCOME_BAD_ANSWER;
    uint8_t hash[SHA256_BYTES];
    bool sha1_proof = plan->proof == WEB_SEED_SHA1;
    if (sha1_proof)
        sha1(fetched->body, hash);
    else
        merkle_of(fetched->body, plan->leaves_min, hash);
    bool same = memcmp(hash, plan->hash, sha1_proof ? SHA1_BYTES : SHA256_BYTES) == 0;
    return same ? OUTCOME_OK : OUTCOME_WRONG_CONTENT;
}

Outcome web_seed_judge(const WebSeedPlan *plan, const Fetched *fetched) {
    int status = fetched->status;
    if (status == 404 || status == 410) return OUTCOME_GONE;
    if (status == 416) return OUTCOME_WRONG_SIZE;
    if (status >= 300 && status < 400) return OUTCOME_MOVED;
    if (status != 200 && status != 206) return OUTCOME_REFUSED;
    if (fetched->has_size && fetched->size_bytes != plan->file_bytes) return OUTCOME_WRONG_SIZE;
    if (status == 206) return fetched->has_size ? judge_bytes(plan, fetched) : OUTCOME_BAD_ANSWER;
    /* The whole file was wanted: Range or not is all one. */
    bool whole = plan->from == 0 && plan->length == plan->file_bytes;
    return whole ? judge_bytes(plan, fetched) : OUTCOME_NO_RANGES;
}

Outcome web_seed_check(Outbound *outbound, const WebSeedAsk *ask, Arena *arena) {
    WebSeedPlan plan;
    Target target;
    FetchAsk fetch = {0};
    Fetched fetched;
    Outcome outcome = web_seed_plan(ask, arena, &plan);
    if (outcome == OUTCOME_OK) outcome = target_parse(plan.url, &target);
    if (outcome == OUTCOME_OK) outcome = outbound_find(outbound, &target, &fetch.to);
    if (outcome != OUTCOME_OK) return outcome;
    fetch.url = plan.url;
    fetch.from = plan.from;
    fetch.length = plan.length;
    fetch.bytes_max = plan.length;
    outcome = fetch_get(outbound, &fetch, arena, &fetched);
    return outcome == OUTCOME_OK ? web_seed_judge(&plan, &fetched) : outcome;
}
