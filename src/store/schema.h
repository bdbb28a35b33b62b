/* schema.h — the shape of the database, as numbered steps (store/schema/NNNN-name.sql).
 * A step once released never changes; a new one is added behind it. Each runs in one transaction,
 * and SQLite's user_version says how many have run. */
#pragma once
#include "base/error.h"
#include "store/store.h"

typedef struct {
    const char *name, *sql;
} SchemaStep;

extern const SchemaStep schema_steps[];
extern const unsigned schema_step_count;

/* Runs the steps that are missing, up to `version` (schema_step_count, except in tests).
 * Refuses a database that is newer, or not ours. */
MUST_USE Error schema_upgrade(Db *db, unsigned version);
MUST_USE Error schema_version(Db *db, unsigned *ret_version);
