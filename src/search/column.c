#include "search/column.h"

#include <assert.h>

#include "base/heap.h"
#include "base/limits.h"

enum { SLOTS_AT_FIRST = 256 };

/* Numbers of works come from our own catalogue, so a plain multiplicative hash will do. */
struct IdSlot {
    int64_t id;
    uint32_t document; /* DOCUMENT_NONE: free */
};

static struct IdSlot *slots_create(size_t count) {
    struct IdSlot *slots = heap_new(count, sizeof *slots);
    for (size_t i = 0; i < count; i++) slots[i].document = DOCUMENT_NONE;
    return slots;
}

Columns columns_create(void) {
    return (Columns){.licenses = vocabulary_create(),
                     .languages = vocabulary_create(),
                     .slots = slots_create(SLOTS_AT_FIRST),
                     .slot_count = SLOTS_AT_FIRST};
}

void columns_free(Columns *columns) {
    for (uint32_t i = 0; i < columns->count; i++) heap_free(columns->paths[i]);
    heap_free(columns->rows);
    heap_free(columns->counts);
    heap_free(columns->paths);
    heap_free(columns->slots);
    vocabulary_free(columns->licenses);
    vocabulary_free(columns->languages);
    *columns = (Columns){0};
}

static size_t slot_of(const Columns *columns, int64_t id) {
    uint64_t mixed = (uint64_t)id * 0x9E3779B97F4A7C15u;
    return (mixed >> 32) & (columns->slot_count - 1);
}

/* The slot of this id, or the free one where it belongs. A slot whose document is gone is kept for
 * the id until the next pack. */
static struct IdSlot *find_slot(const Columns *columns, int64_t id) {
    for (size_t i = slot_of(columns, id);; i = (i + 1) & (columns->slot_count - 1)) {
        struct IdSlot *slot = &columns->slots[i];
        if (slot->document == DOCUMENT_NONE || slot->id == id) return slot;
    }
}

/* Sized for all rows, gone ones too, so that slots never run out. */
static void fill_slots(Columns *columns) {
    size_t count = SLOTS_AT_FIRST;
    while (count < (size_t)columns->count * 2 + 2) count *= 2;
    heap_free(columns->slots);
    columns->slots = slots_create(count);
    columns->slot_count = count;
    for (uint32_t i = 0; i < columns->count; i++) {
        if (columns->rows[i].gone) continue;
        *find_slot(columns, columns->rows[i].id) = (struct IdSlot){columns->rows[i].id, i};
    }
}

uint32_t column_add(Columns *columns, const SearchWork *work, PathTable *paths) {
    assert(work->category < SEARCH_CATEGORIES_MAX);
    uint32_t document = columns->count++;
    columns->rows = heap_grow(columns->rows, &columns->room, columns->count, sizeof(ColumnRow));
    columns->counts =
        heap_grow(columns->counts, &columns->count_room, columns->count, sizeof(CountRow));
    columns->paths =
        heap_grow(columns->paths, &columns->path_room, columns->count, sizeof(PathTable *));
    columns->rows[document] = (ColumnRow){
        .id = work->id,
        .size_bytes = work->size_bytes,
        .published_at = work->published_at,
        .license = vocabulary_add(columns->licenses, work->license),
        .language = vocabulary_add(columns->languages, work->language),
        .category = (uint16_t)work->category,
    };
    CountRow *counts = &columns->counts[document];
    atomic_init(&counts->seeders, work->seeders);
    atomic_init(&counts->leechers, work->leechers);
    atomic_init(&counts->completed, work->completed);
    atomic_init(&counts->last_seeder_at, (uint32_t)work->last_seeder_at);
    atomic_init(&counts->well_seeded_at, (uint32_t)work->well_seeded_at);
    columns->paths[document] = paths;
    if ((size_t)columns->count * 3 > columns->slot_count * 2) fill_slots(columns);
    *find_slot(columns, work->id) = (struct IdSlot){work->id, document};
    return document;
}

bool column_is_in_category(const Columns *columns, int category, int wanted) {
    if (category == wanted) return true;
    bool has_parent = category >= 0 && (size_t)category < columns->category_count;
    return wanted > 0 && has_parent && columns->category_parents[category] == wanted;
}

uint32_t column_find(const Columns *columns, int64_t id) {
    uint32_t document = find_slot(columns, id)->document;
    return document == DOCUMENT_NONE || columns->rows[document].gone ? DOCUMENT_NONE : document;
}

SearchCounts column_counts(const Columns *columns, uint32_t document) {
    const CountRow *row = &columns->counts[document];
    return (SearchCounts){
        .seeders = atomic_load_explicit(&row->seeders, memory_order_relaxed),
        .leechers = atomic_load_explicit(&row->leechers, memory_order_relaxed),
        .completed = atomic_load_explicit(&row->completed, memory_order_relaxed),
        .published_at = columns->rows[document].published_at,
        .last_seeder_at = atomic_load_explicit(&row->last_seeder_at, memory_order_relaxed),
        .well_seeded_at = atomic_load_explicit(&row->well_seeded_at, memory_order_relaxed),
    };
}

void column_remove(Columns *columns, uint32_t document) {
    assert(!columns->rows[document].gone);
    columns->rows[document].gone = true;
    columns->gone++;
    heap_free(columns->paths[document]);
    columns->paths[document] = NULL;
}

uint32_t *columns_pack(Columns *columns) {
    uint32_t *moved = heap_new(columns->count, sizeof *moved);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < columns->count; i++) {
        moved[i] = columns->rows[i].gone ? DOCUMENT_NONE : kept;
        if (columns->rows[i].gone) continue;
        columns->rows[kept] = columns->rows[i];
        columns->paths[kept] = columns->paths[i];
        CountRow *to = &columns->counts[kept], *from = &columns->counts[i];
        atomic_store_explicit(&to->seeders, atomic_load(&from->seeders), memory_order_relaxed);
        atomic_store_explicit(&to->leechers, atomic_load(&from->leechers), memory_order_relaxed);
        atomic_store_explicit(&to->completed, atomic_load(&from->completed), memory_order_relaxed);
        atomic_store_explicit(&to->last_seeder_at, atomic_load(&from->last_seeder_at),
                              memory_order_relaxed);
        atomic_store_explicit(&to->well_seeded_at, atomic_load(&from->well_seeded_at),
                              memory_order_relaxed);
        kept++;
    }
    columns->count = kept;
    columns->gone = 0;
    fill_slots(columns);
    return moved;
}

PathTable *path_table_create(const Str *paths, size_t count) {
    size_t letters = 0;
    for (size_t i = 0; i < count; i++) letters += paths[i].len;
    assert(letters < UINT32_MAX);
    PathTable *table = heap_new(sizeof *table + count * sizeof table->at[0] + letters, 1);
    table->count = (uint32_t)count;
    char *to = (char *)&table->at[count];
    uint32_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (paths[i].len) memcpy(to + end, paths[i].at, paths[i].len);
        end += (uint32_t)paths[i].len;
        table->at[i].end = end;
    }
    return table;
}

Str path_table_at(const PathTable *paths, uint32_t number) {
    uint32_t start = number == 0 ? 0 : paths->at[number - 1].end;
    return (Str){(const char *)&paths->at[paths->count] + start, paths->at[number].end - start};
}

Str path_table_find(const PathTable *paths, uint32_t position) {
    uint32_t low = 0, high = paths->count; /* the first path that begins after the position */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (paths->at[middle].first_position <= position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? (Str){0} : path_table_at(paths, low - 1);
}
