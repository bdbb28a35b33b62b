/* One process asks at a time and none helps it, as ours answers on one thread. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/heap.h"
#include "base/text.h"
#include "search_rival_kind.h"

typedef struct {
    Rival rival;
    PGconn *connection;
    bool copying;
} Postgres;

enum { LINE_BYTES_MAX = 1 << 20 };

static const char schema[] =
    "create extension unaccent;"
    "create text search configuration plain (copy = simple);"
    "alter text search configuration plain alter mapping for hword, hword_part, word, asciiword,"
    " asciihword, hword_asciipart, numword, numhword with unaccent, simple;"
    "create unlogged table raw (id bigint, category smallint, size_bytes bigint,"
    " published_at bigint, seeders integer, title text, tags text, author text, files text,"
    " description text);"
    "create unlogged table work (id bigint, category smallint not null, size_bytes bigint not null,"
    " published_at bigint not null, seeders integer not null, words tsvector not null)";

static const char finish[] =
    "insert into work select id, category, size_bytes, published_at, seeders,"
    " setweight(to_tsvector('plain', title), 'A') || setweight(to_tsvector('plain', tags), 'B') ||"
    " setweight(to_tsvector('plain', author), 'B') || setweight(to_tsvector('plain', files), 'C')"
    " || setweight(to_tsvector('plain', description), 'D') from raw;"
    "drop table raw;"
    "alter table work add primary key (id);"
    "create index by_words on work using gin (words) with (fastupdate = off);"
    "create index by_seeders on work (seeders, id);"
    "create index by_age on work (category, published_at)";

static PGresult *must(Postgres *postgres, PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN)
        return result;
    fprintf(stderr, "PostgreSQL: %s\n", PQerrorMessage(postgres->connection));
    exit(1);
}

static void run(Postgres *postgres, const char *sql) {
    PQclear(must(postgres, PQexec(postgres->connection, sql)));
}

static void add_field(Text *line, Str value) {
    text_add_byte(line, '\t');
    for (size_t i = 0; i < value.len; i++) {
        bool special = value.at[i] == '\t' || value.at[i] == '\n' || value.at[i] == '\r';
        if (value.at[i] == '\\') text_add_byte(line, '\\');
        text_add_byte(line, special ? ' ' : value.at[i]);
    }
}

static void add_fields(Text *line, const Str *values, size_t count) {
    text_add_byte(line, '\t');
    for (size_t i = 0; i < count; i++) {
        Text part = text_create(line->arena, LINE_BYTES_MAX);
        add_field(&part, values[i]);
        Str field = text_str(&part);
        text_add_byte(line, ' ');
        text_add(line, str_part(field, 1, field.len));
    }
}

static void postgres_add(Rival *rival, const SearchWork *work) {
    Postgres *postgres = (Postgres *)rival;
    if (!postgres->copying) {
        run(postgres, schema);
        run(postgres, "copy raw from stdin");
        postgres->copying = true;
    }
    Arena arena = arena_create((size_t)8 << 20);
    Text line = text_create(&arena, LINE_BYTES_MAX);
    text_print(&line, "%lld\t%u\t%llu\t%lld\t%u", (long long)work->id, work->category,
               (unsigned long long)work->size_bytes, (long long)work->published_at, work->seeders);
    add_field(&line, work->title);
    add_fields(&line, work->tags, work->tag_count);
    add_field(&line, work->author);
    add_fields(&line, work->paths, work->path_count);
    add_field(&line, work->description);
    text_add_byte(&line, '\n');
    Str bytes = text_str(&line);
    if (PQputCopyData(postgres->connection, bytes.at, (int)bytes.len) != 1)
        must(postgres, PQgetResult(postgres->connection));
    arena_free(&arena);
}

static void postgres_finish(Rival *rival) {
    Postgres *postgres = (Postgres *)rival;
    PQputCopyEnd(postgres->connection, NULL);
    PQclear(must(postgres, PQgetResult(postgres->connection)));
    while (PQgetResult(postgres->connection)) {
    }
    run(postgres, finish);
    run(postgres, "vacuum analyze work");
}

static void postgres_open(Rival *rival) {
    Postgres *postgres = (Postgres *)rival;
    run(postgres, "set max_parallel_workers_per_gather = 0");
    run(postgres, "set jit = off");
    run(postgres, "set work_mem = '256MB'");
    run(postgres, "create extension if not exists pg_prewarm");
    PQclear(must(postgres, PQexec(postgres->connection,
                                  "select pg_prewarm(oid) from pg_class"
                                  " where relname in ('work', 'by_words')")));
}

static Str match_text(const RivalAsk *ask, Arena *arena) {
    Text text = text_create(arena, 1 << 12);
    for (size_t i = 0; i < ask->count; i++)
        text_print(&text, "%s%.*s",
                   !i            ? ""
                   : ask->phrase ? " <-> "
                                 : " & ",
                   STR_PRINTF(ask->words[i]));
    if (ask->prefix) text_add(&text, STR(":*"));
    return text_str(&text);
}

static const char *order_of(SearchSort sort) {
    switch (sort) {
        case SEARCH_BY_NEWEST: return "published_at desc";
        case SEARCH_BY_SEEDERS: return "seeders desc";
        case SEARCH_BY_SIZE: return "size_bytes desc";
        default: return "ts_rank(words, to_tsquery('plain', $1)) desc";
    }
}

static PGresult *ask_sql(Postgres *postgres, const RivalAsk *ask, const char *sql, Arena *arena) {
    Str numbers[] = {arena_print(arena, "%d", ask->category),
                     arena_print(arena, "%llu", (unsigned long long)ask->min_size)};
    const char *values[] = {str_c(arena, match_text(ask, arena)), str_c(arena, numbers[0]),
                            str_c(arena, numbers[1])};
    return must(postgres, PQexecParams(postgres->connection, sql, 3, NULL, values, NULL, NULL, 0));
}

static uint64_t number_at(const PGresult *rows, size_t row, int column) {
    uint64_t number = 0;
    if (!str_to_u64(str_from_c(PQgetvalue(rows, (int)row, column)), &number)) abort();
    return number;
}

static RivalPage postgres_find(Rival *rival, const RivalAsk *ask) {
    Postgres *postgres = (Postgres *)rival;
    Arena arena = arena_create((size_t)1 << 20);
    RivalPage page = {0};
    const char *match = ask->count ? "words @@ to_tsquery('plain', $1)" : "$1::text is not null";
    const char *category =
        ask->category == SEARCH_ANY ? "$2::integer is not null" : "category = $2::smallint";
    Str best = arena_print(&arena,
                           "select id from work where %s and %s and size_bytes >= $3::bigint"
                           " order by %s limit 50",
                           match, category, order_of(ask->sort));
    PGresult *rows = ask_sql(postgres, ask, str_c(&arena, best), &arena);
    for (page.count = 0; page.count < (size_t)PQntuples(rows); page.count++)
        page.ids[page.count] = (int64_t)number_at(rows, page.count, 0);
    PQclear(rows);
    Str facets = arena_print(&arena,
                             "select category, count(*) from work where %s and $2::integer is not"
                             " null and size_bytes >= $3::bigint group by category",
                             match);
    rows = ask_sql(postgres, ask, str_c(&arena, facets), &arena);
    for (size_t i = 0; i < (size_t)PQntuples(rows); i++) {
        if (ask->category == SEARCH_ANY || number_at(rows, i, 0) == (uint64_t)ask->category)
            page.total += number_at(rows, i, 1);
    }
    PQclear(rows);
    arena_free(&arena);
    return page;
}

static void postgres_free(Rival *rival) {
    PQfinish(((Postgres *)rival)->connection);
    heap_free(rival);
}

static const RivalKind postgres_kind = {postgres_add, postgres_finish, postgres_open, postgres_find,
                                        postgres_free};

Rival *rival_postgres_create(const char *connection) {
    Postgres *postgres = heap_new(1, sizeof *postgres);
    postgres->rival = (Rival){&postgres_kind, "PostgreSQL"};
    postgres->connection = PQconnectdb(connection);
    if (PQstatus(postgres->connection) != CONNECTION_OK) {
        fprintf(stderr, "PostgreSQL: %s\n", PQerrorMessage(postgres->connection));
        exit(1);
    }
    run(postgres, "set synchronous_commit = off");
    return &postgres->rival;
}
