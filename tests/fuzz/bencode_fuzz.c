/* bencode_fuzz — any bytes: what the check takes, the reader walks to its end, and copies byte for
 * byte. */
#include <assert.h>

#include "base/limits.h"
#include "torrent/bencode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void copy(BencodeReader *reader, Text *text) {
    for (BencodeToken token; (token = bencode_next(reader)).kind != BENCODE_NONE;) {
        switch (token.kind) {
            case BENCODE_INTEGER: bencode_write_integer(text, token.integer); break;
            case BENCODE_STRING: bencode_write_string(text, token.string); break;
            case BENCODE_LIST: bencode_open_list(text); break;
            case BENCODE_DICT: bencode_open_dict(text); break;
            default: bencode_close(text); break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Str input = str_from_bytes(bytes, len);
    BencodeCheck strict = bencode_check(input, true), lax = bencode_check(input, false);
    assert(strict.fault || !lax.fault);
    assert(lax.fault == FAULT_TOO_MANY_TOKENS || lax.at <= len);
    if (lax.fault) return 0;
    Arena arena = arena_create(64 * MIB);
    Text text = text_create(&arena, 16 * MIB);
    BencodeReader reader = bencode_reader(input);
    copy(&reader, &text);
    assert(str_equal(text_str(&text), input));
    reader = bencode_reader(input);
    assert(bencode_value(&reader).len == len && reader.at == reader.end);
    arena_free(&arena);
    return 0;
}
