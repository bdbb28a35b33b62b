#include "community/secret.h"

#include "base/limits.h"
#include "base/random.h"
#include "queries/secret.h"

static Error find_or_make(Db *db, Arena *arena, void *argument) {
    uint8_t *secret = argument;
    const Str name = STR("csrf");
    uint8_t fresh[sizeof((Community *)0)->secret];
    random_bytes(fresh, sizeof fresh);
    TRY(query_secret_add(db, arena,
                         (SecretAddAsk){.name = name, .value = str_from_bytes(fresh, sizeof fresh)},
                         NULL));
    bool found;
    SecretFindRow row;
    TRY(query_secret_find(db, arena, (SecretFindAsk){.name = name}, &found, &row));
    if (!found || row.value.len != sizeof fresh)
        return error(BROKEN, NULL, "The site's secret in the database is damaged.");
    memcpy(secret, row.value.at, sizeof fresh);
    return OK;
}

Error secret_load(Community *community) {
    Arena arena = arena_create(MIB);
    Error result = store_write(community->store, &arena, find_or_make, community->secret);
    arena_free(&arena);
    return result;
}
