#include "search/manifest.h"

#include "search/segment_layout.h"

typedef struct {
    char magic[8]; /* "essaimMF" */
    uint32_t version, count;
    uint64_t catalogue, sequence;
    int64_t event_id, built_upto;
    uint64_t checksum; /* of what follows, then of the head with zero here */
} ManifestHead;

typedef struct {
    uint64_t number, mark;
    uint32_t documents, gone_count;
} ManifestLine;

static size_t gone_bytes(const ManifestLine *line) {
    return line->gone_count ? (line->documents + (size_t)63) / 64 * sizeof(uint64_t) : 0;
}

static uint64_t checksum_all(ManifestHead head, const uint8_t *body, size_t len) {
    head.checksum = 0;
    Checksum checksum = checksum_create();
    checksum_add(&checksum, body, len);
    checksum_add(&checksum, &head, sizeof head);
    return checksum_finish(&checksum);
}

Str manifest_write(const Manifest *manifest, Arena *arena) {
    ManifestHead head = {.version = SEGMENT_VERSION,
                         .count = (uint32_t)manifest->count,
                         .catalogue = manifest->catalogue,
                         .sequence = manifest->sequence,
                         .event_id = manifest->event_id,
                         .built_upto = manifest->built_upto};
    memcpy(head.magic, "essaimMF", sizeof head.magic);
    size_t len = sizeof head;
    for (size_t i = 0; i < manifest->count; i++) {
        const ManifestRow *row = &manifest->rows[i];
        ManifestLine line = {row->number, row->mark, row->documents, row->gone_count};
        len += sizeof line + gone_bytes(&line);
    }
    uint8_t *bytes = arena_alloc(arena, len, alignof(uint64_t)), *at = bytes + sizeof head;
    for (size_t i = 0; i < manifest->count; i++) {
        const ManifestRow *row = &manifest->rows[i];
        ManifestLine line = {row->number, row->mark, row->documents, row->gone_count};
        memcpy(at, &line, sizeof line);
        at += sizeof line;
        if (gone_bytes(&line)) memcpy(at, row->gone, gone_bytes(&line));
        at += gone_bytes(&line);
    }
    head.checksum = checksum_all(head, bytes + sizeof head, len - sizeof head);
    memcpy(bytes, &head, sizeof head);
    return str_from_bytes(bytes, len);
}

static bool parse_row(Str *rest, Arena *arena, ManifestRow *row) {
    ManifestLine line;
    if (rest->len < sizeof line) return false;
    memcpy(&line, rest->at, sizeof line);
    *rest = str_skip(*rest, sizeof line);
    if (line.gone_count > line.documents || rest->len < gone_bytes(&line)) return false;
    *row = (ManifestRow){line.number, line.mark, line.documents, line.gone_count, NULL};
    if (!line.gone_count) return true;
    uint64_t *gone = arena_new(arena, uint64_t, gone_bytes(&line) / sizeof(uint64_t));
    memcpy(gone, rest->at, gone_bytes(&line));
    row->gone = gone;
    uint32_t count = 0;
    for (size_t i = 0; i < gone_bytes(&line) / sizeof(uint64_t); i++)
        count += (uint32_t)__builtin_popcountll(row->gone[i]);
    if (line.documents % 64 && row->gone[line.documents / 64] >> line.documents % 64) return false;
    *rest = str_skip(*rest, gone_bytes(&line));
    return count == line.gone_count;
}

bool manifest_parse(Str bytes, Arena *arena, Manifest *ret_manifest) {
    ManifestHead head;
    if (bytes.len < sizeof head) return false;
    memcpy(&head, bytes.at, sizeof head);
    if (memcmp(head.magic, "essaimMF", sizeof head.magic) != 0 || head.version != SEGMENT_VERSION)
        return false;
    Str rest = str_skip(bytes, sizeof head);
    if (checksum_all(head, (const uint8_t *)rest.at, rest.len) != head.checksum) return false;
    if (head.count > MANIFEST_SEGMENTS_MAX) return false;
    Manifest manifest = {.catalogue = head.catalogue,
                         .sequence = head.sequence,
                         .event_id = head.event_id,
                         .built_upto = head.built_upto,
                         .count = head.count,
                         .rows = arena_new(arena, ManifestRow, head.count + 1)};
    for (size_t i = 0; i < manifest.count; i++)
        if (!parse_row(&rest, arena, &manifest.rows[i])) return false;
    if (rest.len) return false;
    *ret_manifest = manifest;
    return true;
}
