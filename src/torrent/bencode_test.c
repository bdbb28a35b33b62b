#include "torrent/bencode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"

static Fault fault_of(const char *bytes) { return bencode_check(str_from_c(bytes), false).fault; }

static void values_of_every_kind_are_taken(void **state) {
    (void)state;
    const char *sound[] = {"i0e",
                           "i-1e",
                           "i9223372036854775807e",
                           "0:",
                           "3:abc",
                           "le",
                           "de",
                           "d1:ai1e1:bli2e0:ee",
                           "l4:spami-42ed1:ai0eee"};
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
        assert_int_equal(fault_of(sound[i]), FAULT_NONE);
}

static void each_bad_writing_has_its_fault(void **state) {
    (void)state;
    const struct {
        const char *bytes;
        Fault fault;
        size_t at;
    } bad[] = {
        {"", FAULT_EMPTY, 0},
        {"i", FAULT_CUT_SHORT, 1},
        {"i12", FAULT_CUT_SHORT, 3},
        {"ie", FAULT_BAD_NUMBER, 0},
        {"i-e", FAULT_BAD_NUMBER, 0},
        {"i-0e", FAULT_BAD_NUMBER, 0},
        {"li01ee", FAULT_BAD_NUMBER, 1},
        {"i+1e", FAULT_BAD_NUMBER, 0},
        {"i1.5e", FAULT_BAD_NUMBER, 0},
        {"i9223372036854775808e", FAULT_NUMBER_TOO_BIG, 0},
        {"i99999999999999999999999e", FAULT_NUMBER_TOO_BIG, 0},
        {"03:abc", FAULT_BAD_LENGTH, 0},
        {"3abc", FAULT_BAD_LENGTH, 0},
        {"9999999999:a", FAULT_BAD_LENGTH, 0},
        {"4:abc", FAULT_CUT_SHORT, 5},
        {"999999999:abc", FAULT_CUT_SHORT, 13},
        {"l", FAULT_CUT_SHORT, 1},
        {"d1:a", FAULT_CUT_SHORT, 4},
        {"d1:ae", FAULT_KEY_WITHOUT_VALUE, 4},
        {"di1e1:ae", FAULT_KEY_NOT_TEXT, 1},
        {"d1:ai1e1:ai2ee", FAULT_KEY_TWICE, 7},
        {"e", FAULT_NOT_BENCODE, 0},
        {"x", FAULT_NOT_BENCODE, 0},
        {"lxe", FAULT_NOT_BENCODE, 1},
        {"i1ei2e", FAULT_TRAILING_BYTES, 3},
        {"dee", FAULT_TRAILING_BYTES, 2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        BencodeCheck check = bencode_check(str_from_c(bad[i].bytes), false);
        if (check.fault != bad[i].fault || check.at != bad[i].at)
            print_message("%s\n", bad[i].bytes);
        assert_int_equal(check.fault, bad[i].fault);
        assert_int_equal(check.at, bad[i].at);
    }
}

static void keys_out_of_order_are_refused_only_when_asked(void **state) {
    (void)state;
    Str unsorted = STR("d1:bi1e1:ai2ee"), nested = STR("ld2:aai1e1:ai2eee");
    assert_int_equal(bencode_check(unsorted, false).fault, FAULT_NONE);
    assert_int_equal(bencode_check(unsorted, true).fault, FAULT_KEYS_UNSORTED);
    assert_int_equal(bencode_check(nested, true).fault, FAULT_KEYS_UNSORTED);
}

static void a_key_twice_is_seen_out_of_order_too(void **state) {
    (void)state;
    assert_int_equal(fault_of("d1:bi1e1:ai2e1:bi3ee"), FAULT_KEY_TWICE);
    assert_int_equal(fault_of("d1:bli1ed1:xi1eee1:a0:1:ci1ee"), FAULT_NONE);
    assert_int_equal(fault_of("d1:bd1:a0:e1:a0:e"), FAULT_NONE);
}

static void nesting_stops_below_the_limit(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    Text text = text_create(&arena, MIB);
    for (int depth = 1; depth < BENCODE_DEPTH_MAX; depth++) text_add_byte(&text, 'l');
    for (int depth = 1; depth < BENCODE_DEPTH_MAX; depth++) text_add_byte(&text, 'e');
    assert_int_equal(bencode_check(text_str(&text), false).fault, FAULT_NONE);
    text.len = 0;
    for (int depth = 0; depth < 100000; depth++) text_add_byte(&text, 'l');
    assert_int_equal(bencode_check(text_str(&text), false).fault, FAULT_TOO_DEEP);
    arena_free(&arena);
}

static void items_stop_at_the_limit(void **state) {
    (void)state;
    Arena arena = arena_create(64 * MIB);
    Text text = text_create(&arena, 16 * MIB);
    text_add_byte(&text, 'l');
    for (int i = 0; i < BENCODE_TOKENS_MAX - 2; i++) text_add(&text, STR("0:"));
    text_add_byte(&text, 'e');
    assert_int_equal(bencode_check(text_str(&text), false).fault, FAULT_NONE);
    text.len--;
    text_add(&text, STR("0:e"));
    assert_int_equal(bencode_check(text_str(&text), false).fault, FAULT_TOO_MANY_TOKENS);
    arena_free(&arena);
}

static void walking_again_for_doubles_is_bounded(void **state) {
    (void)state;
    Arena arena = arena_create(64 * MIB);
    Text text = text_create(&arena, 16 * MIB);
    for (int depth = 0; depth < 90; depth++) text_add(&text, STR("d1:b0:1:a"));
    text_add_byte(&text, 'l');
    for (int i = 0; i < 1000000; i++) text_add(&text, STR("0:"));
    text_add_byte(&text, 'e');
    for (int depth = 0; depth < 90; depth++) text_add_byte(&text, 'e');
    assert_int_equal(bencode_check(text_str(&text), false).fault, FAULT_TOO_MANY_TOKENS);
    arena_free(&arena);
}

static void values_keep_their_exact_bytes(void **state) {
    (void)state;
    Str dict = STR("d1:ad1:xli1eee1:bi-7e1:c4:spame"), a = {0}, b = {0}, c = {0}, z = {0}, text;
    const BencodeSlot slots[] = {{STR("a"), &a}, {STR("b"), &b}, {STR("c"), &c}, {STR("z"), &z}};
    bencode_find(dict, slots, 4);
    int64_t number;
    assert_true(str_equal(a, STR("d1:xli1eee")));
    assert_true(bencode_as_integer(b, &number));
    assert_int_equal(number, -7);
    assert_true(bencode_as_string(c, &text));
    assert_true(str_equal(text, STR("spam")));
    assert_int_equal(bencode_kind(z), BENCODE_NONE);
    assert_false(bencode_as_string(b, &text));
    assert_int_equal(bencode_list_count(STR("li1e0:led1:ai1eee")), 4);
}

static void what_is_written_can_be_read(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    Text text = text_create(&arena, 1000);
    bencode_open_dict(&text);
    bencode_write_string(&text, STR("a"));
    bencode_write_integer(&text, INT64_MIN + 1);
    bencode_write_string(&text, STR("b"));
    bencode_open_list(&text);
    bencode_write_string(&text, STR(""));
    bencode_close(&text);
    bencode_close(&text);
    assert_true(str_equal(text_str(&text), STR("d1:ai-9223372036854775807e1:bl0:ee")));
    assert_int_equal(bencode_check(text_str(&text), true).fault, FAULT_NONE);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_kind_are_taken),
        cmocka_unit_test(each_bad_writing_has_its_fault),
        cmocka_unit_test(keys_out_of_order_are_refused_only_when_asked),
        cmocka_unit_test(a_key_twice_is_seen_out_of_order_too),
        cmocka_unit_test(nesting_stops_below_the_limit),
        cmocka_unit_test(items_stop_at_the_limit),
        cmocka_unit_test(walking_again_for_doubles_is_bounded),
        cmocka_unit_test(values_keep_their_exact_bytes),
        cmocka_unit_test(what_is_written_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
