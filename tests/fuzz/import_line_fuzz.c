/* One line of an import, in either form, and what the community makes of it: never a crash, and
 * what is taken is clean and within its limits. */
#include <assert.h>

#include "base/limits.h"
#include "command/import_line.h"
#include "community/import_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_work(const ImportWork *work) {
    assert(work->hash.has_v1 || work->hash.has_v2);
    assert(work->work.title.len >= TITLE_BYTES_MIN && work->work.title.len <= TITLE_BYTES_MAX);
    assert(str_is_utf8(work->work.title) && str_is_utf8(work->work.name));
    assert(str_is_utf8(work->blob.paths) && str_is_utf8(work->work.description));
    assert(work->uploader.len >= NAME_BYTES_MIN && work->uploader.len <= NAME_BYTES_MAX);
    assert(work->work.size_bytes >= 0 && work->work.file_count >= 0);
    /* As many sizes as paths. */
    size_t paths = 0, sizes = 0;
    for (size_t i = 0; i < work->blob.paths.len; i++) paths += work->blob.paths.at[i] == '\n';
    for (size_t i = 0; i < work->sizes.len; i++) sizes += work->sizes.at[i] == '\n';
    assert(work->blob.info.len || paths == sizes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Arena scratch = arena_create(64 * MIB), arena = arena_create(64 * MIB);
    const TorrentWords defaults = {.license = STR("CC0-1.0")};
    const ImportRules rules = {.publish = true, .uploader = STR("ana")};
    const ImportChecker checker = {&rules, &scratch, 1800000000};
    Str line = str_from_bytes(bytes, len);
    ImportLine read[2];
    bool fine[2] = {!failed(import_line_json(line, &defaults, &arena, &read[0])),
                    !failed(import_line_kat(line, &defaults, &arena, &read[1]))};
    for (int i = 0; i < 2; i++) {
        ImportWork work;
        Error waits = OK;
        if (fine[i] && !failed(import_check(&checker, &read[i], &arena, &work, &waits)))
            check_work(&work);
    }
    arena_free(&arena);
    arena_free(&scratch);
    return 0;
}
