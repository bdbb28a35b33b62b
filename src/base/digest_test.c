#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "base/encode.h"
#include "base/limits.h"

static void assert_hex(const void *bytes, size_t len, const char *expected) {
    Arena arena = arena_create(MIB);
    assert_string_equal(str_c(&arena, hex_write(&arena, bytes, len)), expected);
    arena_free(&arena);
}

/* FIPS 180-4 examples. */
static void digests_give_the_vectors_of_their_standard(void **state) {
    (void)state;
    uint8_t digest[SHA256_BYTES];
    sha1(STR("abc"), digest);
    assert_hex(digest, SHA1_BYTES, "a9993e364706816aba3e25717850c26c9cd0d89d");
    sha1((Str){0}, digest);
    assert_hex(digest, SHA1_BYTES, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    sha256(STR("abc"), digest);
    assert_hex(digest, SHA256_BYTES,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256((Str){0}, digest);
    assert_hex(digest, SHA256_BYTES,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_stream_gives_what_one_shot_gives(void **state) {
    (void)state;
    static char bytes[10000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 7);
    uint8_t once[SHA256_BYTES], streamed[SHA256_BYTES];
    Sha *first = sha1_create(), *second = sha256_create();
    for (size_t at = 0, step = 1; at < sizeof bytes; at += step, step = step * 2 + 1) {
        Str part = str_part((Str){bytes, sizeof bytes}, at, at + step);
        sha_add(first, part);
        sha_add(second, part);
        sha_add(second, (Str){0});
    }
    sha1((Str){bytes, sizeof bytes}, once);
    sha_finish(first, streamed);
    assert_memory_equal(once, streamed, SHA1_BYTES);
    sha256((Str){bytes, sizeof bytes}, once);
    sha_finish(second, streamed);
    assert_memory_equal(once, streamed, SHA256_BYTES);
    sha_free(sha1_create()); /* dropped half way */
    sha_free(NULL);
}

/* The reference vector of SipHash-2-4: key 00..0f, message 00..0e. */
static void siphash_gives_its_reference_vector(void **state) {
    (void)state;
    uint8_t key[SIPHASH_KEY_BYTES];
    char message[15];
    for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof message; i++) message[i] = (char)i;
    assert_true(siphash((Str){message, sizeof message}, key) == 0xa129ca6149be45e5);
    assert_true(siphash((Str){0}, key) == 0x726fdb47dd0e0e31);
}

/* RFC 4231, test case 1: its key of 20 bytes is the same as one filled up with zeros. */
static void hmac_gives_the_vector_of_its_standard(void **state) {
    (void)state;
    uint8_t key[HMAC_KEY_BYTES] = {0}, mac[SHA256_BYTES];
    for (size_t i = 0; i < 20; i++) key[i] = 0x0b;
    hmac_sha256(STR("Hi There"), key, mac);
    static const uint8_t wanted[] = {0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53,
                                     0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b,
                                     0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7,
                                     0x26, 0xe9, 0x37, 0x6c, 0x2e, 0x32, 0xcf, 0xf7};
    assert_memory_equal(mac, wanted, sizeof mac);
    key[31] = 1;
    hmac_sha256(STR("Hi There"), key, mac);
    assert_memory_not_equal(mac, wanted, sizeof mac);
}

static void equal_digests_are_equal(void **state) {
    (void)state;
    assert_true(digest_equal("abcd", "abcd", 4));
    assert_false(digest_equal("abcd", "abce", 4));
    assert_true(digest_equal("abcd", "abce", 3));
    assert_true(digest_equal("", "", 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_give_the_vectors_of_their_standard),
        cmocka_unit_test(a_stream_gives_what_one_shot_gives),
        cmocka_unit_test(siphash_gives_its_reference_vector),
        cmocka_unit_test(hmac_gives_the_vector_of_its_standard),
        cmocka_unit_test(equal_digests_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
