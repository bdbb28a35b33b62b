#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "base/limits.h"

static int start(void **state) {
    static Arena arena;
    arena = arena_create(16 * MIB);
    *state = &arena;
    return 0;
}

static int stop(void **state) {
    arena_free(*state);
    return 0;
}

static void hex_goes_there_and_back(void **state) {
    uint8_t bytes[256], back[256];
    for (size_t i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
    Str hex = hex_write(*state, bytes, 256);
    assert_true(str_starts(hex, STR("000102")));
    assert_true(str_ends(hex, STR("fdfeff")));
    assert_true(hex_parse(hex, back, 256));
    assert_memory_equal(bytes, back, 256);
    assert_true(hex_parse(STR("aBfF"), back, 2));
    assert_int_equal(back[0], 0xab);
    assert_int_equal(back[1], 0xff);
    assert_int_equal(hex_write(*state, NULL, 0).len, 0);
}

static void bad_hex_leaves_the_output_alone(void **state) {
    (void)state;
    uint8_t bytes[2] = {1, 2};
    assert_false(hex_parse(STR("abc"), bytes, 2));
    assert_false(hex_parse(STR("abcdef"), bytes, 2));
    assert_false(hex_parse(STR("abcg"), bytes, 2));
    assert_false(hex_parse(STR("ab\0d"), bytes, 2));
    assert_false(hex_parse((Str){0}, bytes, 2));
    assert_int_equal(bytes[0], 1);
    assert_int_equal(bytes[1], 2);
}

/* RFC 4648, section 10, without its padding. */
static void base32_reads_the_vectors_of_its_rfc(void **state) {
    (void)state;
    static const struct {
        const char *plain, *encoded;
    } vectors[] = {{"f", "MY"},         {"fo", "MZXQ"},        {"foo", "MZXW6"},
                   {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"}};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char bytes[8] = {0};
        size_t len = strlen(vectors[i].plain);
        assert_true(base32_parse(str_from_c(vectors[i].encoded), bytes, len));
        assert_string_equal(bytes, vectors[i].plain);
        assert_false(base32_parse(str_from_c(vectors[i].encoded), bytes, len + 1));
    }
    char bytes[8] = "same";
    assert_true(base32_parse(STR("mzxw6"), bytes, 3));
    assert_memory_equal(bytes, "foo", 3);
    assert_false(base32_parse(STR("mzx18"), bytes, 3)); /* 1 and 8 are no digits of it */
    assert_false(base32_parse(STR("MY======"), bytes, 1));
    assert_memory_equal(bytes, "foo", 3);
}

static void base64_is_padded_and_strict(void **state) {
    uint8_t back[16];
    assert_true(str_equal(base64_write(*state, "\xfb\xff\xfe", 3), STR("+//+")));
    assert_true(str_equal(base64_write(*state, "a", 1), STR("YQ==")));
    assert_true(base64_parse(STR("YQ=="), back, 1));
    assert_int_equal(back[0], 'a');
    assert_true(base64_parse(STR("dGhlIHNhbXBsZSBub25jZQ=="), back, 16));
    assert_memory_equal(back, "the sample nonce", 16);
    assert_false(base64_parse(STR("dGhlIHNhbXBsZSBub25jZQ"), back, 16));
    assert_false(base64_parse(STR("dGhlIHNhbXBsZSBub25jZR=="), back, 16)); /* loose bits */
    assert_false(base64_parse(STR("dGhlIHNhbXBsZSBub25j_Q=="), back, 16));
    assert_false(base64_parse(STR("YQ=="), back, 2));
    char longer[1000];
    memset(longer, 'x', sizeof longer);
    Str read, written = base64_write(*state, longer, sizeof longer);
    assert_true(base64_read(written, *state, &read));
    assert_true(str_equal(read, str_from_bytes(longer, sizeof longer)));
    assert_false(base64_read(str_part(written, 0, written.len - 1), *state, &read));
}

static void base64url_goes_there_and_back(void **state) {
    uint8_t bytes[64], back[64];
    for (size_t len = 0; len <= sizeof bytes; len++) {
        for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)(i * 37 + len + 200);
        Str text = base64url_write(*state, bytes, len);
        assert_int_equal(text.len, (len * 4 + 2) / 3);
        for (size_t i = 0; i < text.len; i++) assert_null(strchr("+/=", text.at[i]));
        assert_true(base64url_parse(text, back, len));
        assert_memory_equal(bytes, back, len ? len : 1 - 1);
    }
    assert_false(base64url_parse(STR("Zm9v="), back, 3));
    assert_false(base64url_parse(STR("Zm9"), back, 3));
    assert_false(base64url_parse(STR("Zm+v"), back, 3));
}

static void percent_writes_all_but_the_unreserved(void **state) {
    Text text = text_create(*state, 1000);
    percent_write(&text, STR("aZ09-._~ /?&=%+\0\xC3\xA9"));
    assert_true(str_equal(text_str(&text), STR("aZ09-._~%20%2F%3F%26%3D%25%2B%00%C3%A9")));
}

static void every_byte_survives_percent_encoding(void **state) {
    char bytes[256];
    for (size_t i = 0; i < 256; i++) bytes[i] = (char)i;
    Text text = text_create(*state, 1000);
    percent_write(&text, (Str){bytes, 256});
    Str back;
    assert_true(percent_parse(text_str(&text), true, *state, &back));
    assert_true(str_equal(back, (Str){bytes, 256}));
}

static void plus_is_a_space_in_forms_only(void **state) {
    Str back;
    assert_true(percent_parse(STR("a+b%2Bc"), true, *state, &back));
    assert_true(str_equal(back, STR("a b+c")));
    assert_true(percent_parse(STR("a+b%2bc"), false, *state, &back));
    assert_true(str_equal(back, STR("a+b+c")));
}

static void half_an_escape_is_refused(void **state) {
    static const char *const wrong[] = {"%", "a%", "%4", "%4g", "%g4", "%%41", "100%", "% 41"};
    Str back = STR("same");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(percent_parse(str_from_c(wrong[i]), false, *state, &back));
    assert_true(str_equal(back, STR("same")));
    assert_true(percent_parse((Str){0}, false, *state, &back));
    assert_int_equal(back.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hex_goes_there_and_back, start, stop),
        cmocka_unit_test(bad_hex_leaves_the_output_alone),
        cmocka_unit_test(base32_reads_the_vectors_of_its_rfc),
        cmocka_unit_test_setup_teardown(base64_is_padded_and_strict, start, stop),
        cmocka_unit_test_setup_teardown(base64url_goes_there_and_back, start, stop),
        cmocka_unit_test_setup_teardown(percent_writes_all_but_the_unreserved, start, stop),
        cmocka_unit_test_setup_teardown(every_byte_survives_percent_encoding, start, stop),
        cmocka_unit_test_setup_teardown(plus_is_a_space_in_forms_only, start, stop),
        cmocka_unit_test_setup_teardown(half_an_escape_is_refused, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
