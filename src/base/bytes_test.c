#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

static void numbers_are_big_endian(void **state) {
    (void)state;
    uint8_t bytes[15];
    ByteWriter writer = byte_writer(bytes, sizeof bytes);
    byte_write_u8(&writer, 0x01);
    byte_write_u16(&writer, 0x0203);
    byte_write_u32(&writer, 0x04050607);
    byte_write_u64(&writer, 0x08090a0b0c0d0e0f);
    assert_int_equal(byte_written(&writer), 15);
    for (size_t i = 0; i < sizeof bytes; i++) assert_int_equal(bytes[i], i + 1);

    ByteReader reader = byte_reader(bytes, sizeof bytes);
    assert_int_equal(byte_read_u8(&reader), 0x01);
    assert_int_equal(byte_read_u16(&reader), 0x0203);
    assert_int_equal(byte_read_u32(&reader), 0x04050607);
    assert_true(byte_read_u64(&reader) == 0x08090a0b0c0d0e0f);
    assert_int_equal(reader.left, 0);
    assert_false(reader.failed);
}

static void a_short_read_fails_for_good(void **state) {
    (void)state;
    ByteReader reader = byte_reader("\1\2\3", 3);
    assert_int_equal(byte_read_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(byte_read_u8(&reader), 0); /* though a byte is there */
    assert_null(byte_read_bytes(&reader, 0));
    assert_int_equal(reader.left, 3);
}

static void a_huge_length_does_not_wrap(void **state) {
    (void)state;
    ByteReader reader = byte_reader("abc", 3);
    byte_skip(&reader, SIZE_MAX);
    assert_true(reader.failed);
    uint8_t bytes[2];
    ByteWriter writer = byte_writer(bytes, sizeof bytes);
    byte_write_bytes(&writer, "abc", SIZE_MAX);
    assert_true(writer.failed);
}

static void reading_stops_exactly_at_the_end(void **state) {
    (void)state;
    ByteReader reader = byte_reader("abc", 3);
    byte_skip(&reader, 1);
    assert_memory_equal(byte_read_bytes(&reader, 2), "bc", 2);
    assert_false(reader.failed);
    byte_skip(&reader, 0);
    assert_false(reader.failed);
    byte_skip(&reader, 1);
    assert_true(reader.failed);
}

static void a_full_write_fails_for_good(void **state) {
    (void)state;
    uint8_t bytes[4] = {9, 9, 9, 9};
    ByteWriter writer = byte_writer(bytes, 3);
    byte_write_u16(&writer, 1);
    byte_write_u16(&writer, 2);
    byte_write_u8(&writer, 3); /* there is room, and still nothing */
    assert_true(writer.failed);
    assert_int_equal(byte_written(&writer), 0);
    assert_int_equal(bytes[2], 9);
    assert_int_equal(bytes[3], 9);
}

static void nothing_can_be_read_from_nothing(void **state) {
    (void)state;
    ByteReader reader = byte_reader(NULL, 0);
    assert_int_equal(byte_read_u64(&reader), 0);
    assert_true(reader.failed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(a_short_read_fails_for_good),
        cmocka_unit_test(a_huge_length_does_not_wrap),
        cmocka_unit_test(reading_stops_exactly_at_the_end),
        cmocka_unit_test(a_full_write_fails_for_good),
        cmocka_unit_test(nothing_can_be_read_from_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
