#include "community/password.h"

#include <pthread.h>

#include "base/clock.h"
#include "community/test.h"

static Arena arena;

static Error choose(const char *password) {
    return password_check_choice(str_from_c(password), STR("marie"), STR("m.curie@radium.example"),
                                 "password", &arena);
}

static void a_password_is_known_again(void **state) {
    (void)state;
    Str hash, again;
    bool right;
    check_fine(password_hash(STR("caf\xC3\xA9 du port"), &arena, &hash));
    check_fine(password_hash(STR("caf\xC3\xA9 du port"), &arena, &again));
    assert_false(str_equal(hash, again));
    assert_true(str_starts(hash, STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_false(password_hash_is_stale(hash, &arena));
    check_fine(password_check(STR("cafe\xCC\x81 du port"), hash, &arena, &right));
    assert_true(right); /* another keyboard, the same words */
    check_fine(password_check(STR("cafe du port"), hash, &arena, &right));
    assert_false(right);
    check_fine(password_check(STR(""), hash, &arena, &right));
    assert_false(right);
    check_fine(password_check(STR("caf\xC3\xA9 du port"), STR(""), &arena, &right));
    assert_false(right);
}

static void cheaper_hashes_are_stale(void **state) {
    (void)state;
    assert_true(password_hash_is_stale(STR("$argon2id$v=19$m=8192,t=1,p=1$VM7U1SUP4qsANpJmgCRZQg$"
                                           "sumBUkaQuLK3QHU2YU5qbXfHETaYso0Eoiogdz+4uSQ"),
                                       &arena));
}

static void length_has_limits_at_both_ends(void **state) {
    (void)state;
    char long_one[PASSWORD_BYTES_MAX + 2];
    for (size_t i = 0; i < sizeof long_one; i++) long_one[i] = (char)('a' + i * 7 % 26);
    long_one[PASSWORD_BYTES_MAX + 1] = 0;
    check_code(choose(long_one), ERROR_BAD_INPUT, "password_too_long");
    long_one[PASSWORD_BYTES_MAX] = 0;
    check_fine(choose(long_one));
    check_fine(choose("gan-net8"));
    check_code(choose("gan-net"), ERROR_BAD_INPUT, "password_too_short");
    check_code(choose(""), ERROR_BAD_INPUT, "password_required");
}

static void what_is_tried_first_is_refused(void **state) {
    (void)state;
    static const char *const common[] = {"password",  "Password1",  "12345678", "qwertyuiop",
                                         "azerty123", "dragon2024", "aaaaaaaa", "87654321",
                                         "abcabcabc", "motdepasse", "P@ssw0rd!"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        check_code(choose(common[i]), ERROR_BAD_INPUT, "password_common");
    check_fine(choose("dragonfly at dusk"));
    check_fine(choose("password manager made this"));
}

static void the_own_name_is_no_password(void **state) {
    (void)state;
    check_code(choose("xxMARIE99"), ERROR_BAD_INPUT, "password_has_name");
    check_code(choose("m.curie@radium.example"), ERROR_BAD_INPUT, "password_has_name");
    check_code(choose("marie1234567"), ERROR_BAD_INPUT, "password_has_name");
    check_fine(choose("marie12345678"));
    check_fine(
        password_check_choice(STR("a gannet at sea"), STR("Ann"), STR(""), "password", &arena));
}

static void nobody_takes_as_long_as_somebody(void **state) {
    (void)state;
    Str hash;
    bool right;
    check_fine(password_hash(STR("gannet over the harbour"), &arena, &hash));
    int64_t shortest[2] = {INT64_MAX, INT64_MAX};
    for (int i = 0; i < 20; i++) {
        int64_t start = clock_monotonic_us();
        check_fine(password_check(STR("wrong words"), i % 2 ? hash : (Str){0}, &arena, &right));
        int64_t took = clock_monotonic_us() - start;
        if (took < shortest[i % 2]) shortest[i % 2] = took;
    }
    assert_true(shortest[0] * 2 > shortest[1] && shortest[1] * 2 > shortest[0]);
}

typedef struct {
    pthread_t thread;
    Error result;
} Knock;

static void *knock(void *argument) {
    Arena own = arena_create(MIB);
    Str hash;
    ((Knock *)argument)->result = password_hash(STR("gannet over the harbour"), &own, &hash);
    arena_free(&own);
    return NULL;
}

static void a_crowd_is_turned_away_and_the_rest_served(void **state) {
    (void)state;
    enum { CROWD = 200 };
    static Knock knocks[CROWD];
    unsigned served = 0, busy = 0;
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&knocks[i].thread, NULL, knock, &knocks[i]), 0);
    for (size_t i = 0; i < CROWD; i++) {
        pthread_join(knocks[i].thread, NULL);
        if (!failed(knocks[i].result))
            served++;
        else if (strcmp(error_code(knocks[i].result), "busy") == 0)
            busy++;
    }
    assert_int_equal(served + busy, CROWD);
    assert_true(served > PASSWORD_HASHES_WAITING_MAX);
    assert_true(busy > 0);
    Str hash;
    check_fine(password_hash(STR("gannet over the harbour"), &arena, &hash));
}

int main(void) {
    if (!random_start()) return 1;
    arena = arena_create(16 * MIB);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_known_again),
        cmocka_unit_test(cheaper_hashes_are_stale),
        cmocka_unit_test(length_has_limits_at_both_ends),
        cmocka_unit_test(what_is_tried_first_is_refused),
        cmocka_unit_test(the_own_name_is_no_password),
        cmocka_unit_test(nobody_takes_as_long_as_somebody),
        cmocka_unit_test(a_crowd_is_turned_away_and_the_rest_served),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return result;
}
