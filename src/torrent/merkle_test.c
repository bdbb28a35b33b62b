#include "torrent/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { LEAVES_MAX = 40 };

/* The plain way: all leaves in a row, filled up, hashed level by level. */
static void plain_root(size_t leaves, size_t leaves_min, const uint8_t pad[SHA256_BYTES],
                       uint8_t *ret_root) {
    uint8_t row[64][SHA256_BYTES];
    size_t width = 1;
    while (width < leaves || width < leaves_min) width *= 2;
    for (size_t i = 0; i < width; i++) {
        if (i < leaves)
            memset(row[i], (int)i + 1, SHA256_BYTES);
        else
            memcpy(row[i], pad, SHA256_BYTES);
    }
    for (; width > 1; width /= 2)
        for (size_t i = 0; i < width / 2; i++)
            sha256(str_from_bytes(row[2 * i], sizeof row[0] * 2), row[i]);
    memcpy(ret_root, row[0], SHA256_BYTES);
}

static void roots_equal_those_of_the_plain_way(void **state) {
    (void)state;
    uint8_t pad[SHA256_BYTES];
    merkle_pad(4, pad);
    for (size_t min = 1; min <= 64; min *= 4) {
        Merkle merkle;
        Sha *sha = sha256_create();
        merkle_start(&merkle, sha);
        for (size_t leaves = 1; leaves <= LEAVES_MAX; leaves++) {
            uint8_t leaf[SHA256_BYTES], root[SHA256_BYTES], plain[SHA256_BYTES];
            memset(leaf, (int)leaves, sizeof leaf);
            merkle_add(&merkle, leaf);
            merkle_finish(&merkle, min, pad, root);
            plain_root(leaves, min, pad, plain);
            assert_memory_equal(root, plain, sizeof root);
        }
        sha_free(sha);
    }
}

static void padding_is_a_tree_of_zeros(void **state) {
    (void)state;
    uint8_t zero[2 * SHA256_BYTES] = {0}, pad[SHA256_BYTES], one[SHA256_BYTES];
    merkle_pad(1, pad);
    assert_memory_equal(pad, zero, sizeof pad);
    sha256(str_from_bytes(zero, sizeof zero), one);
    merkle_pad(2, pad);
    assert_memory_equal(pad, one, sizeof pad);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_equal_those_of_the_plain_way),
        cmocka_unit_test(padding_is_a_tree_of_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
