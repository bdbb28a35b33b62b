#include "base/limits.h"
#include "search/plan.h"
#include "search/prefix_list.h"

enum { BYTES_SHARE = 16 }; /* more places than a 16th of the documents: a byte for each */

void found_add(Found *found, uint32_t document, uint8_t fields, Arena *arena) {
    if (found->count == found->room) {
        size_t room = found->room ? found->room * 2 : 64;
        uint32_t *documents = arena_new(arena, uint32_t, room);
        uint8_t *all_fields = arena_new(arena, uint8_t, room);
        if (found->count) {
            memcpy(documents, found->documents, found->count * sizeof *documents);
            memcpy(all_fields, found->fields, found->count);
        }
        found->documents = documents;
        found->fields = all_fields;
        found->room = room;
    }
    found->documents[found->count] = document;
    found->fields[found->count++] = fields;
}

Leaf *leaf_found(Plan *plan, Found found, uint8_t fields) {
    Leaf *leaf = arena_new(plan->arena, Leaf, 1);
    *leaf =
        (Leaf){.kind = LEAF_FOUND, .fields = fields, .found = found, .most = (uint32_t)found.count};
    return leaf;
}

static Leaf *open_list(Plan *plan, Str list, uint8_t fields) {
    Leaf *leaf = arena_new(plan->arena, Leaf, 1);
    Posting posting = posting_open(list, plan->documents);
    leaf->kind = LEAF_LIST;
    leaf->fields = fields;
    leaf->most = posting.count;
    leaf->reader = leaf->checking = leaf->scoring = posting_reader(&posting);
    return leaf;
}

Leaf *leaf_list(Plan *plan, Str word, uint8_t fields) {
    return open_list(plan, segment_find(plan->part->segment, word), fields);
}

static Leaf *leaf_bytes(Plan *plan, Str prefix, uint8_t fields) {
    SegmentWords words;
    uint8_t *bytes = arena_new(plan->arena, uint8_t, plan->documents + 1);
    segment_words(plan->part->segment, prefix, &words);
    while (segment_next_word(&words)) {
        Posting posting = posting_open(words.list, plan->documents);
        posting_join_bytes(&posting, bytes);
    }
    Leaf *leaf = arena_new(plan->arena, Leaf, 1);
    leaf->kind = LEAF_BYTES;
    leaf->fields = fields;
    leaf->bytes = bytes;
    leaf->most = plan->documents;
    return leaf;
}

/* A document and its fields as one number, so that sorting brings those of a document together. */
static int compare_places(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* By the lowest `bits` of what stands above the fields, 11 at a time. */
static uint64_t *sort_places(Plan *plan, uint64_t *places, size_t count) {
    if (count < 256) {
        qsort(places, count, sizeof *places, compare_places);
        return places;
    }
    enum { STEP = 11, VALUES = 1 << STEP };
    uint64_t *sorted = arena_new(plan->arena, uint64_t, count);
    for (unsigned shift = 8; shift < 40 && plan->documents >> (shift - 8); shift += STEP) {
        uint32_t ends[VALUES + 1] = {0};
        for (size_t i = 0; i < count; i++) ends[(places[i] >> shift & (VALUES - 1)) + 1]++;
        for (size_t i = 0; i < VALUES; i++) ends[i + 1] += ends[i];
        for (size_t i = 0; i < count; i++)
            sorted[ends[places[i] >> shift & (VALUES - 1)]++] = places[i];
        uint64_t *swapped = places;
        places = sorted;
        sorted = swapped;
    }
    return places;
}

static Leaf *leaf_gathered(Plan *plan, Str prefix, uint8_t fields, size_t total) {
    SegmentWords words;
    uint64_t *places = arena_new(plan->arena, uint64_t, total + 1);
    uint32_t *documents = arena_new(plan->arena, uint32_t, total + 1);
    size_t count = 0;
    segment_words(plan->part->segment, prefix, &words);
    while (segment_next_word(&words)) {
        Posting posting = posting_open(words.list, plan->documents);
        if (!posting.fields || posting.count > total - count) continue;
        size_t some = posting_decode(&posting, documents);
        for (size_t i = 0; i < some; i++) {
            uint8_t here = posting.fields[i] & fields;
            if (here) places[count++] = (uint64_t)documents[i] << 8 | here;
        }
    }
    places = sort_places(plan, places, count);
    Found found = {arena_new(plan->arena, uint32_t, count + 1),
                   arena_new(plan->arena, uint8_t, count + 1), 0, count + 1};
    for (size_t i = 0; i < count; i++) {
        uint32_t document = (uint32_t)(places[i] >> 8);
        bool same = found.count && found.documents[found.count - 1] == document;
        if (!same) found.documents[found.count++] = document;
        found.fields[found.count - 1] |= (uint8_t)places[i];
    }
    return leaf_found(plan, found, fields);
}

Leaf *leaf_prefix(Plan *plan, Str prefix, uint8_t fields) {
    Str all = prefix_list_find(plan->part->segment, prefix);
    if (all.len) return open_list(plan, all, fields);
    SegmentWords words;
    size_t total = 0, count = 0;
    Str only = {0};
    segment_words(plan->part->segment, prefix, &words);
    while (segment_next_word(&words)) {
        total += posting_open(words.list, plan->documents).count;
        only = words.list;
        count++;
    }
    if (count == 1) return open_list(plan, only, fields);
    return total > plan->documents / BYTES_SHARE ? leaf_bytes(plan, prefix, fields)
                                                 : leaf_gathered(plan, prefix, fields, total);
}

Leaf *leaf_words(Plan *plan, const QueryWords *words) {
    if (words->count > 1) return phrase_leaf(plan, words);
    const QueryPart *part = &words->parts[0];
    return part->prefix ? leaf_prefix(plan, part->word, words->fields)
                        : leaf_list(plan, part->word, words->fields);
}

size_t found_find(const Found *found, size_t at, uint32_t document) {
    size_t step = 1;
    while (at + step < found->count && found->documents[at + step] < document) {
        at += step;
        step *= 2;
    }
    while (at < found->count && found->documents[at] < document) {
        size_t half = step;
        while (half > 1 && (at + half >= found->count || found->documents[at + half] >= document))
            half /= 2;
        at += half;
        step = half;
    }
    return at;
}

static size_t filter_found(Leaf *leaf, uint32_t *documents, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        leaf->found_at = found_find(&leaf->found, leaf->found_at, documents[i]);
        if (leaf->found_at == leaf->found.count) break;
        if (leaf->found.documents[leaf->found_at] == documents[i]) documents[kept++] = documents[i];
    }
    return kept;
}

static bool is_restricted(const Leaf *leaf) { return leaf->fields && leaf->fields != FIELDS_ALL; }

/* Of documents of the list, those that have it in a wanted field. */
static size_t keep_fields(Plan *plan, Leaf *leaf, uint32_t *documents, size_t count) {
    if (!is_restricted(leaf)) return count;
    uint8_t *fields = (uint8_t *)plan_take_list(plan);
    size_t kept = 0;
    for (size_t from = 0, some; from < count; from += some) {
        some = count - from < BITMAP_WINDOW ? count - from : BITMAP_WINDOW;
        memset(fields, 0, some);
        posting_join_fields(&leaf->checking, documents + from, some, fields);
        for (size_t i = 0; i < some; i++) {
            documents[kept] = documents[from + i];
            kept += (fields[i] & leaf->fields) != 0;
        }
    }
    plan_give_list(plan, (uint32_t *)(void *)fields);
    return kept;
}

size_t leaf_filter(Plan *plan, Leaf *leaf, uint32_t *documents, size_t count) {
    size_t kept = 0;
    switch (leaf->kind) {
        case LEAF_LIST:
            count = posting_filter(&leaf->reader, documents, count);
            return keep_fields(plan, leaf, documents, count);
        case LEAF_FOUND: return filter_found(leaf, documents, count);
        case LEAF_BYTES:
            for (size_t i = 0; i < count; i++) {
                uint32_t document = documents[i];
                documents[kept] = document;
                kept += (leaf->bytes[document] & leaf->fields) != 0;
            }
            return kept;
        case LEAF_PHRASE: break;
    }
    count = plan_filter(plan, leaf->candidates, documents, count);
    return phrase_check(plan, leaf, documents, count);
}

/* A bit for each byte that has one of `fields`, eight at a time. */
static void join_byte_bits(const uint8_t *bytes, uint32_t count, uint8_t fields, uint64_t *bits) {
    uint64_t wanted = fields * 0x0101010101010101;
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t eight;
        memcpy(&eight, bytes + i, sizeof eight);
        eight &= wanted;
        if (!eight) continue;
        /* fields are below 0x80: adding 0x7F carries into bit 7 where any is set */
        uint64_t set = (eight + 0x7F7F7F7F7F7F7F7F) >> 7 & 0x0101010101010101;
        bits[i / 64] |= (set * 0x0102040810204080 >> 56) << i % 64;
    }
    for (; i < count; i++) bits[i / 64] |= (uint64_t)((bytes[i] & fields) != 0) << i % 64;
}

void leaf_bits(Plan *plan, Leaf *leaf, uint32_t from, uint32_t to, uint64_t *bits) {
    if (leaf->kind == LEAF_LIST && !is_restricted(leaf)) {
        posting_join_bits(&leaf->reader, from, to, bits);
    } else if (leaf->kind == LEAF_BYTES) {
        join_byte_bits(leaf->bytes + from, to - from, leaf->fields, bits);
    } else if (leaf->kind == LEAF_FOUND) {
        const Found *found = &leaf->found;
        leaf->found_at = found_find(found, leaf->found_at, from);
        for (; leaf->found_at < found->count && found->documents[leaf->found_at] < to;
             leaf->found_at++)
            bitmap_add(bits, from, &found->documents[leaf->found_at], 1);
    } else {
        uint32_t *documents = plan_take_list(plan);
        size_t count;
        if (leaf->kind == LEAF_PHRASE) {
            count = plan_list(plan, leaf->candidates, from, to, documents);
            count = phrase_check(plan, leaf, documents, count);
        } else {
            uint64_t *all = plan_take_bits(plan);
            bitmap_clear(all, to - from);
            posting_join_bits(&leaf->reader, from, to, all);
            count = bitmap_list(all, to - from, from, documents);
            plan_give_bits(plan, all);
            count = keep_fields(plan, leaf, documents, count);
        }
        bitmap_add(bits, from, documents, count);
        plan_give_list(plan, documents);
    }
}

uint32_t *leaf_collect(Plan *plan, Leaf *leaf, size_t *ret_count) {
    size_t count = 0;
    uint32_t *documents = NULL;
    switch (leaf->kind) {
        case LEAF_LIST:
            documents = arena_new(plan->arena, uint32_t, leaf->most + 1);
            count = posting_decode(&leaf->reader.posting, documents);
            count = keep_fields(plan, leaf, documents, count);
            break;
        case LEAF_FOUND:
            count = leaf->found.count;
            documents = arena_new(plan->arena, uint32_t, count + 1);
            if (count) memcpy(documents, leaf->found.documents, count * sizeof *documents);
            break;
        case LEAF_PHRASE:
            documents = plan_collect_node(plan, leaf->candidates, &count);
            count = phrase_check(plan, leaf, documents, count);
            break;
        case LEAF_BYTES: break; /* never few */
    }
    *ret_count = count;
    return documents;
}

static void join_found(Leaf *leaf, const uint32_t *documents, size_t count, uint8_t *fields) {
    const Found *found = &leaf->found;
    for (size_t i = 0; i < count; i++) {
        leaf->scored_at = found_find(found, leaf->scored_at, documents[i]);
        if (leaf->scored_at == found->count) break;
        if (found->documents[leaf->scored_at] == documents[i])
            fields[i] |= found->fields[leaf->scored_at] & leaf->fields;
    }
}

/* Or-s those of `leaf->fields` it is found in; `fields` holds none but of such words. */
void leaf_join_fields(Leaf *leaf, const uint32_t *documents, size_t count, uint8_t *fields) {
    if (!leaf->fields) return;
    switch (leaf->kind) {
        case LEAF_LIST:
            posting_join_fields(&leaf->scoring, documents, count, fields);
            for (size_t i = 0; i < count; i++) fields[i] &= leaf->fields;
            break;
        case LEAF_BYTES:
            for (size_t i = 0; i < count; i++)
                fields[i] |= leaf->bytes[documents[i]] & leaf->fields;
            break;
        case LEAF_FOUND:
        case LEAF_PHRASE: join_found(leaf, documents, count, fields); break;
    }
}

void leaf_add_points(Leaf *leaf, uint32_t from, uint32_t to, const uint32_t *worth,
                     uint32_t *points) {
    uint32_t wanted[FIELDS_ALL + 1];
    for (unsigned fields = 0; fields <= FIELDS_ALL; fields++)
        wanted[fields] = worth[fields & leaf->fields];
    if (leaf->kind == LEAF_LIST) {
        posting_add_points(&leaf->scoring, from, to, wanted, points);
        return;
    }
    const Found *found = &leaf->found;
    leaf->scored_at = found_find(found, leaf->scored_at, from);
    for (size_t at = leaf->scored_at; at < found->count && found->documents[at] < to; at++)
        points[found->documents[at] - from] += wanted[found->fields[at]];
}

void leaf_score_anew(Leaf *leaf) {
    leaf->scored_at = 0;
    if (leaf->kind == LEAF_LIST) leaf->scoring = posting_reader(&leaf->reader.posting);
}

void leaf_rewind(Leaf *leaf) {
    leaf->found_at = leaf->scored_at = 0;
    if (leaf->kind != LEAF_LIST) return;
    posting_rewind(&leaf->reader);
    posting_rewind(&leaf->checking);
    posting_rewind(&leaf->scoring);
}
