/* FTS5 keeps words and places but not the text: the catalogue has that already. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/heap.h"
#include "base/text.h"
#include "search_rival_kind.h"

typedef struct {
    uint64_t size_bytes;
    int64_t published_at;
    uint32_t seeders;
    uint16_t category;
} Column;

typedef struct {
    Rival rival;
    sqlite3 *db;
    sqlite3_stmt *add_text, *add_column;
    bool in_memory;
    Column *columns; /* by id */
    size_t room;
} Sqlite;

static const char schema[] =
    "create virtual table text using fts5(title, tags, author, files, description, content='',"
    " tokenize=\"unicode61 remove_diacritics 2\", prefix='2 4');"
    "create table work (id integer primary key, category integer not null,"
    " size_bytes integer not null, published_at integer not null, seeders integer not null) strict;"
    "begin";

#define WEIGHTS "bm25(text, 10.0, 6.0, 5.0, 2.5, 1.0)"

static void must(Sqlite *sqlite, int code) {
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
    fprintf(stderr, "SQLite: %s\n", sqlite3_errmsg(sqlite->db));
    exit(1);
}

static void run(Sqlite *sqlite, const char *sql) {
    must(sqlite, sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL));
}

static sqlite3_stmt *prepare(Sqlite *sqlite, const char *sql) {
    sqlite3_stmt *statement;
    must(sqlite, sqlite3_prepare_v2(sqlite->db, sql, -1, &statement, NULL));
    return statement;
}

static void bind_text(sqlite3_stmt *statement, int at, Str text) {
    sqlite3_bind_text(statement, at, text.len ? text.at : "", (int)text.len, SQLITE_STATIC);
}

static Str join(Arena *arena, const Str *parts, size_t count) {
    Text text = text_create(arena, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        text_add(&text, parts[i]);
        text_add_byte(&text, '\n');
    }
    return text_str(&text);
}

static void sqlite_add(Rival *rival, const SearchWork *work) {
    Sqlite *sqlite = (Sqlite *)rival;
    if (!sqlite->add_text) {
        run(sqlite, schema);
        sqlite->add_text = prepare(sqlite,
                                   "insert into text (rowid, title, tags, author, files,"
                                   " description) values (?, ?, ?, ?, ?, ?)");
        sqlite->add_column = prepare(sqlite, "insert into work values (?, ?, ?, ?, ?)");
    }
    Arena arena = arena_create((size_t)4 << 20);
    Str parts[] = {work->title, join(&arena, work->tags, work->tag_count), work->author,
                   join(&arena, work->paths, work->path_count), work->description};
    sqlite3_bind_int64(sqlite->add_text, 1, work->id);
    for (int i = 0; i < 5; i++) bind_text(sqlite->add_text, i + 2, parts[i]);
    must(sqlite, sqlite3_step(sqlite->add_text));
    sqlite3_reset(sqlite->add_text);
    int64_t numbers[] = {work->id, work->category, (int64_t)work->size_bytes, work->published_at,
                         work->seeders};
    for (int i = 0; i < 5; i++) sqlite3_bind_int64(sqlite->add_column, i + 1, numbers[i]);
    must(sqlite, sqlite3_step(sqlite->add_column));
    sqlite3_reset(sqlite->add_column);
    arena_free(&arena);
}

static void sqlite_finish(Rival *rival) {
    Sqlite *sqlite = (Sqlite *)rival;
    sqlite3_finalize(sqlite->add_text);
    sqlite3_finalize(sqlite->add_column);
    run(sqlite,
        "insert into text (text) values ('optimize');"
        "create index by_seeders on work (seeders, id);"
        "create index by_age on work (category, published_at);"
        "commit; analyze");
}

static void sqlite_open(Rival *rival) {
    Sqlite *sqlite = (Sqlite *)rival;
    run(sqlite, "pragma query_only = on");
    if (!sqlite->in_memory) return;
    sqlite3_stmt *all =
        prepare(sqlite, "select id, category, size_bytes, published_at, seeders from work");
    while (sqlite3_step(all) == SQLITE_ROW) {
        size_t id = (size_t)sqlite3_column_int64(all, 0);
        sqlite->columns = heap_grow(sqlite->columns, &sqlite->room, id + 1, sizeof(Column));
        sqlite->columns[id] =
            (Column){(uint64_t)sqlite3_column_int64(all, 2), sqlite3_column_int64(all, 3),
                     (uint32_t)sqlite3_column_int64(all, 4), (uint16_t)sqlite3_column_int(all, 1)};
    }
    sqlite3_finalize(all);
}

static Str match_text(const RivalAsk *ask, Arena *arena) {
    Text text = text_create(arena, 1 << 12);
    if (ask->phrase) text_add_byte(&text, '"');
    for (size_t i = 0; i < ask->count; i++)
        text_print(&text, ask->phrase ? "%s%.*s" : "%s\"%.*s\"", i ? " " : "",
                   STR_PRINTF(ask->words[i]));
    if (ask->phrase) text_add_byte(&text, '"');
    if (ask->prefix) text_add_byte(&text, '*');
    return text_str(&text);
}

static sqlite3_stmt *ask_sql(Sqlite *sqlite, const RivalAsk *ask, Str match, Str sql) {
    sqlite3_stmt *statement;
    must(sqlite, sqlite3_prepare_v2(sqlite->db, sql.at, (int)sql.len, &statement, NULL));
    if (ask->count) bind_text(statement, 1, match);
    sqlite3_bind_int64(statement, 2, ask->category);
    sqlite3_bind_int64(statement, 3, (int64_t)ask->min_size);
    return statement;
}

static const char *order_of(SearchSort sort) {
    switch (sort) {
        case SEARCH_BY_NEWEST: return "published_at desc";
        case SEARCH_BY_SEEDERS: return "seeders desc";
        case SEARCH_BY_SIZE: return "size_bytes desc";
        default: return WEIGHTS;
    }
}

static RivalPage find_by_sql(Sqlite *sqlite, const RivalAsk *ask, Arena *arena) {
    RivalPage page = {0};
    Str match = match_text(ask, arena);
    const char *from = ask->count ? "text join work on work.id = text.rowid where text match ?1"
                                  : "work where ?1 is null";
    const char *category = ask->category == SEARCH_ANY ? "?2 = -1" : "category = ?2";
    Str best = arena_print(
        arena, "select work.id from %s and %s and size_bytes >= ?3 order by %s limit 50", from,
        category, order_of(ask->sort));
    sqlite3_stmt *statement = ask_sql(sqlite, ask, match, best);
    while (sqlite3_step(statement) == SQLITE_ROW)
        page.ids[page.count++] = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    Str facets = arena_print(arena,
                             "select category, count(*) from %s and ?2 is not null and"
                             " size_bytes >= ?3 group by category",
                             from);
    statement = ask_sql(sqlite, ask, match, facets);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        if (ask->category == SEARCH_ANY || sqlite3_column_int(statement, 0) == ask->category)
            page.total += (size_t)sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return page;
}

typedef struct {
    double key;
    int64_t id;
} Ranked;

/* A heap of the best, its worst first. */
static void offer(Ranked *best, size_t *count, Ranked ranked) {
    size_t at = 0;
    if (*count < RIVAL_PAGE) {
        at = (*count)++;
        while (at && best[(at - 1) / 2].key > ranked.key) {
            best[at] = best[(at - 1) / 2];
            at = (at - 1) / 2;
        }
    } else if (ranked.key > best[0].key) {
        for (size_t child; (child = at * 2 + 1) < RIVAL_PAGE; at = child) {
            if (child + 1 < RIVAL_PAGE && best[child + 1].key < best[child].key) child++;
            if (best[child].key >= ranked.key) break;
            best[at] = best[child];
        }
    } else {
        return;
    }
    best[at] = ranked;
}

static int compare_ranked(const void *a, const void *b) {
    const Ranked *x = a, *y = b;
    return (x->key < y->key) - (x->key > y->key);
}

static double key_of(const Column *column, SearchSort sort, double rank) {
    switch (sort) {
        case SEARCH_BY_NEWEST: return (double)column->published_at;
        case SEARCH_BY_SEEDERS: return column->seeders;
        case SEARCH_BY_SIZE: return (double)column->size_bytes;
        default: return -rank;
    }
}

static RivalPage find_in_memory(Sqlite *sqlite, const RivalAsk *ask, Arena *arena) {
    RivalPage page = {0};
    Ranked best[RIVAL_PAGE];
    uint32_t facets[SEARCH_CATEGORIES_MAX] = {0};
    bool ranks = ask->sort == SEARCH_BY_RELEVANCE;
    sqlite3_stmt *statement =
        prepare(sqlite, ranks ? "select rowid, " WEIGHTS " from text where text match ?"
                              : "select rowid from text where text match ?");
    bind_text(statement, 1, match_text(ask, arena));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(statement, 0);
        const Column *column = &sqlite->columns[id];
        if (column->size_bytes < ask->min_size) continue;
        facets[column->category]++;
        if (ask->category != SEARCH_ANY && column->category != ask->category) continue;
        page.total++;
        double rank = ranks ? sqlite3_column_double(statement, 1) : 0;
        offer(best, &page.count, (Ranked){key_of(column, ask->sort, rank), id});
    }
    sqlite3_finalize(statement);
    qsort(best, page.count, sizeof *best, compare_ranked);
    for (size_t i = 0; i < page.count; i++) page.ids[i] = best[i].id;
    return page;
}

static RivalPage sqlite_find(Rival *rival, const RivalAsk *ask) {
    Sqlite *sqlite = (Sqlite *)rival;
    Arena arena = arena_create((size_t)1 << 20);
    RivalPage page = sqlite->in_memory && ask->count ? find_in_memory(sqlite, ask, &arena)
                                                     : find_by_sql(sqlite, ask, &arena);
    arena_free(&arena);
    return page;
}

static void sqlite_free(Rival *rival) {
    Sqlite *sqlite = (Sqlite *)rival;
    sqlite3_close(sqlite->db);
    heap_free(sqlite->columns);
    heap_free(sqlite);
}

static const RivalKind sqlite_kind = {sqlite_add, sqlite_finish, sqlite_open, sqlite_find,
                                      sqlite_free};

Rival *rival_sqlite_create(const char *path, bool columns_in_memory) {
    Sqlite *sqlite = heap_new(1, sizeof *sqlite);
    sqlite->rival = (Rival){&sqlite_kind, columns_in_memory ? "FTS5, columns in memory" : "FTS5"};
    sqlite->in_memory = columns_in_memory;
    must(sqlite, sqlite3_open(path, &sqlite->db));
    run(sqlite,
        "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1000000;"
        "pragma mmap_size = 8000000000; pragma temp_store = memory");
    return &sqlite->rival;
}
