#include "base/log.h"
#include "store/db.h"
#include "store/schema.h"

/* Says in the file's header whose it is (PRAGMA application_id): "essm". */
enum { APPLICATION_ID = 1702065005 };

Error schema_version(Db *db, unsigned *ret_version) {
    bool upkeep = db->upkeep;
    db->upkeep = true;
    PragmaRow version;
    Error result = db_pragma(db, "pragma user_version", &version);
    db->upkeep = upkeep;
    if (!failed(result)) *ret_version = version.number < 0 ? 0 : (unsigned)version.number;
    return result;
}

/* schema_version counts every change of the tables: it is 0 only in a file that never had one. */
static Error check_ours(Db *db, unsigned version) {
    PragmaRow id, changes;
    TRY(db_pragma(db, "pragma application_id", &id));
    TRY(db_pragma(db, "pragma schema_version", &changes));
    bool ours = version > 0 ? id.number == APPLICATION_ID : changes.number == 0;
    if (ours) return OK;
    return error(CONFLICT, "store_foreign", "This database was not made by this program.");
}

static Error run_step(Db *db, unsigned version) {
    TRY(db_run(db, schema_steps[version - 1].sql));
    PragmaRow orphan;
    TRY(db_pragma(db, "pragma foreign_key_check", &orphan));
    if (orphan.any) {
        snprintf(db->fault, sizeof db->fault, "%s: a row without its owner", orphan.words);
        return error(BROKEN, "store_failed", "The database failed: {}.", str_from_c(db->fault));
    }
    char sql[96];
    snprintf(sql, sizeof sql, "pragma user_version = %u; pragma application_id = %d", version,
             APPLICATION_ID);
    return db_run(db, sql);
}

/* store_open has nowhere to keep SQLite's words for its caller, and whoever writes a step needs
 * them. */
static Error tell_step(const Db *db, unsigned version) {
    Str name = str_from_c(schema_steps[version - 1].name);
    log_event(LOG_ERROR, "schema_step_failed", {"step", name}, {"why", str_from_c(db->fault)});
    return error(BROKEN, "store_failed", "Step {} of the schema failed; the log says why.", name);
}

static Error run_steps(Db *db, unsigned version) {
    unsigned now;
    TRY(schema_version(db, &now));
    if (now > version)
        return error(CONFLICT, "store_newer",
                     "This database was made by a newer version of this program. Install that "
                     "version, or restore a backup.");
    TRY(check_ours(db, now));
    while (now < version) {
        TRY(db_move(db, MOVE_BEGIN_WRITE));
        Error result = run_step(db, now + 1);
        if (!failed(result)) result = db_move(db, MOVE_COMMIT);
        if (failed(result)) {
            result = tell_step(db, now + 1);
            db_give_up(db);
            return result;
        }
        now++;
    }
    return OK;
}

Error schema_upgrade(Db *db, unsigned version) {
    db->upkeep = true;
    /* Steps may rebuild a table, which foreign keys would hinder; run_step checks them instead. */
    Error result = db_run(db, "pragma foreign_keys = off");
    if (!failed(result)) result = run_steps(db, version);
    Error keys = db_run(db, "pragma foreign_keys = on");
    db->upkeep = false;
    return failed(result) ? result : keys;
}
