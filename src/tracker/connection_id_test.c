#include "tracker/connection_id.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

static const ConnectionKey KEY = {{1, 2, 3}};
static const IpAddress ALICE = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};
static const IpAddress BOB = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 2}};

static void id_lives_five_to_ten_minutes(void **state) {
    (void)state;
    for (Seconds made = 1000000200; made < 1000000200 + 300; made += 7) {
        uint64_t id = connection_id_make(&KEY, ALICE, made);
        assert_true(connection_id_check(&KEY, id, ALICE, made));
        assert_true(connection_id_check(&KEY, id, ALICE, made + 300));
        assert_false(connection_id_check(&KEY, id, ALICE, made + 600));
        assert_false(connection_id_check(&KEY, id, ALICE, made - 300));
        /* The 4-bit epoch comes round; the id does not. */
        assert_false(connection_id_check(&KEY, id, ALICE, made + 16 * 300));
    }
}

static void id_belongs_to_one_address_and_one_key(void **state) {
    (void)state;
    ConnectionKey other = {{1, 2, 4}};
    uint64_t id = connection_id_make(&KEY, ALICE, 900);
    assert_false(connection_id_check(&KEY, id, BOB, 900));
    assert_false(connection_id_check(&other, id, ALICE, 900));
    assert_false(connection_id_check(&KEY, 0x41727101980, ALICE, 900));
    assert_false(connection_id_check(&KEY, 0, ALICE, 900));
}

static void every_bit_of_the_id_counts(void **state) {
    (void)state;
    uint64_t id = connection_id_make(&KEY, ALICE, 900);
    for (unsigned bit = 0; bit < 64; bit++)
        assert_false(connection_id_check(&KEY, id ^ (1ULL << bit), ALICE, 900));
}

static void key_survives_a_restart_in_a_private_file(void **state) {
    (void)state;
    char folder[] = "/tmp/tracker_key_XXXXXX", path[64];
    struct stat status;
    ConnectionKey first, second;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/tracker.key", folder);
    assert_false(failed(connection_key_open(path, &first)));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_false(failed(connection_key_open(path, &second)));
    assert_memory_equal(first.bytes, second.bytes, sizeof first.bytes);

    /* One others could read is not used again, nor is half a key. */
    assert_int_equal(chmod(path, 0644), 0);
    assert_false(failed(connection_key_open(path, &second)));
    assert_memory_not_equal(first.bytes, second.bytes, sizeof first.bytes);
    assert_int_equal(truncate(path, 7), 0);
    assert_false(failed(connection_key_open(path, &first)));
    assert_memory_not_equal(first.bytes, second.bytes, sizeof first.bytes);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, sizeof first.bytes);

    unlink(path);
    rmdir(folder);
    assert_true(failed(connection_key_open(path, &first))); /* no folder to put it in */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_lives_five_to_ten_minutes),
        cmocka_unit_test(id_belongs_to_one_address_and_one_key),
        cmocka_unit_test(every_bit_of_the_id_counts),
        cmocka_unit_test(key_survives_a_restart_in_a_private_file),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
