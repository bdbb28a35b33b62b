#include "base/key_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

static void key_survives_a_restart_in_a_private_file(void **state) {
    (void)state;
    char folder[] = "/tmp/key_file_XXXXXX", path[64];
    struct stat status;
    uint8_t first[16], second[16];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.key", folder);
    assert_false(failed(key_file_open(path, first, sizeof first)));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_false(failed(key_file_open(path, second, sizeof second)));
    assert_memory_equal(first, second, sizeof first);

    /* One others could read is not used again, nor is half a key. */
    assert_int_equal(chmod(path, 0644), 0);
    assert_false(failed(key_file_open(path, second, sizeof second)));
    assert_memory_not_equal(first, second, sizeof first);
    assert_int_equal(truncate(path, 7), 0);
    assert_false(failed(key_file_open(path, first, sizeof first)));
    assert_memory_not_equal(first, second, sizeof first);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, sizeof first);

    unlink(path);
    rmdir(folder);
    assert_true(failed(key_file_open(path, first, sizeof first))); /* no folder to put it in */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_survives_a_restart_in_a_private_file),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
