#include "torrent/bencode.h"

#include <assert.h>

#include "base/limits.h"

enum {
    UNSORTED_KEYS_MAX = 1024, /* in one dictionary out of order */
    /* Such a dictionary is walked once more for keys that stand twice: this many items for all of
       them. */
    SECOND_WALK_TOKENS_MAX = 4 * BENCODE_TOKENS_MAX,
    LENGTH_DIGITS_MAX = 9, /* of a string, far past any size we take */
};

typedef struct {
    Str last_key;
    const char *start;
    bool is_dict, wants_value, has_key, is_unsorted;
} Frame;

typedef struct {
    const char *start, *at, *end;
    size_t tokens, second_walk;
    size_t depth;
    bool sorted_keys;
    Frame frames[BENCODE_DEPTH_MAX];
} Check;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static Fault fail_at(const char **ret_at, const char *at, Fault fault) {
    *ret_at = at;
    return fault;
}

static Fault check_integer(Check *check, const char **fault_at) {
    const char *at = check->at + 1;
    *fault_at = check->at;
    bool negative = at < check->end && *at == '-';
    if (negative) at++;
    const char *digits = at;
    uint64_t value = 0;
    for (; at < check->end && is_digit(*at); at++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value) ||
            value > (uint64_t)INT64_MAX)
            return FAULT_NUMBER_TOO_BIG;
    }
    if (at == check->end) return fail_at(fault_at, at, FAULT_CUT_SHORT);
    if (*at != 'e' || at == digits) return FAULT_BAD_NUMBER;
    if (*digits == '0' && (negative || at - digits > 1)) return FAULT_BAD_NUMBER;
    check->at = at + 1;
    return FAULT_NONE;
}

static Fault check_string(Check *check, Str *ret_string, const char **fault_at) {
    const char *at = check->at;
    *fault_at = at;
    size_t len = 0;
    for (; at < check->end && is_digit(*at); at++) {
        if (at - check->at >= LENGTH_DIGITS_MAX) return FAULT_BAD_LENGTH;
        len = len * 10 + (size_t)(*at - '0');
    }
    if (at == check->end) return fail_at(fault_at, at, FAULT_CUT_SHORT);
    if (*at != ':' || (*check->at == '0' && at - check->at > 1)) return FAULT_BAD_LENGTH;
    at++;
    if (len > (size_t)(check->end - at)) return fail_at(fault_at, check->end, FAULT_CUT_SHORT);
    *ret_string = (Str){at, len};
    check->at = at + len;
    return FAULT_NONE;
}

static int compare_strs(const void *a, const void *b) {
    return str_compare(*(const Str *)a, *(const Str *)b);
}

/* A dictionary whose keys are out of order has just been closed: is one of them there twice? */
static Fault check_unsorted(Check *check, const Frame *frame, const char **fault_at) {
    Str keys[UNSORTED_KEYS_MAX];
    size_t count = 0, depth = 0;
    bool wants_key = true;
    BencodeReader reader = {frame->start + 1, check->at - 1};
    *fault_at = frame->start;
    for (;;) {
        BencodeToken token = bencode_next(&reader);
        if (token.kind == BENCODE_NONE) break;
        if (++check->second_walk > SECOND_WALK_TOKENS_MAX) return FAULT_TOO_MANY_TOKENS;
        if (token.kind == BENCODE_LIST || token.kind == BENCODE_DICT) {
            depth++;
            continue;
        }
        if (token.kind == BENCODE_CLOSE) depth--;
        if (depth > 0) continue;
        if (wants_key) {
            if (count == UNSORTED_KEYS_MAX) return FAULT_KEYS_UNSORTED;
            keys[count++] = token.string;
        }
        wants_key = !wants_key;
    }
    qsort(keys, count, sizeof *keys, compare_strs);
    for (size_t i = 1; i < count; i++)
        if (str_equal(keys[i - 1], keys[i])) return fail_at(fault_at, keys[i].at, FAULT_KEY_TWICE);
    return FAULT_NONE;
}

static Fault check_key(Check *check, const char **fault_at) {
    Frame *frame = &check->frames[check->depth - 1];
    if (!is_digit(*check->at)) return fail_at(fault_at, check->at, FAULT_KEY_NOT_TEXT);
    const char *start = check->at;
    Str key = {0};
    Fault fault = check_string(check, &key, fault_at);
    if (fault) return fault;
    *fault_at = start;
    int order = frame->has_key ? str_compare(frame->last_key, key) : -1;
    if (order == 0) return FAULT_KEY_TWICE;
    if (order > 0) {
        if (check->sorted_keys) return FAULT_KEYS_UNSORTED;
        frame->is_unsorted = true;
    }
    frame->last_key = key;
    frame->has_key = frame->wants_value = true;
    return FAULT_NONE;
}

static Fault check_open(Check *check, const char **fault_at) {
    /* One less than the limit, so that the innermost one can be closed: as libtorrent counts. */
    if (check->depth + 1 >= BENCODE_DEPTH_MAX) return fail_at(fault_at, check->at, FAULT_TOO_DEEP);
    check->frames[check->depth++] = (Frame){.start = check->at, .is_dict = *check->at == 'd'};
    check->at++;
    return FAULT_NONE;
}

static Fault check_close(Check *check, const char **fault_at) {
    *fault_at = check->at;
    if (check->depth == 0) return FAULT_NOT_BENCODE;
    const Frame *frame = &check->frames[--check->depth];
    if (frame->is_dict && frame->wants_value) return FAULT_KEY_WITHOUT_VALUE;
    check->at++;
    return frame->is_unsorted ? check_unsorted(check, frame, fault_at) : FAULT_NONE;
}

static Fault check_token(Check *check, const char **fault_at) {
    *fault_at = check->at;
    if (check->at == check->end) return FAULT_CUT_SHORT;
    if (++check->tokens > BENCODE_TOKENS_MAX) return FAULT_TOO_MANY_TOKENS;
    Frame *frame = check->depth ? &check->frames[check->depth - 1] : NULL;
    if (frame && frame->is_dict && !frame->wants_value && *check->at != 'e')
        return check_key(check, fault_at);
    if (*check->at == 'e') return check_close(check, fault_at);
    if (frame) frame->wants_value = false;
    Str string;
    switch (*check->at) {
        case 'd':
        case 'l': return check_open(check, fault_at);
        case 'i': return check_integer(check, fault_at);
        default:
            return is_digit(*check->at) ? check_string(check, &string, fault_at)
                                        : FAULT_NOT_BENCODE;
    }
}

BencodeCheck bencode_check(Str bytes, bool sorted_keys) {
    Check check;
    check.start = check.at = bytes.at;
    check.end = bytes.at + bytes.len;
    check.tokens = check.second_walk = check.depth = 0;
    check.sorted_keys = sorted_keys;
    if (bytes.len == 0) return (BencodeCheck){FAULT_EMPTY, 0};
    do {
        const char *fault_at = check.at;
        Fault fault = check_token(&check, &fault_at);
        if (fault == FAULT_TOO_MANY_TOKENS) return (BencodeCheck){fault, BENCODE_TOKENS_MAX};
        if (fault) return (BencodeCheck){fault, (size_t)(fault_at - check.start)};
    } while (check.depth > 0);
    if (check.at < check.end)
        return (BencodeCheck){FAULT_TRAILING_BYTES, (size_t)(check.at - check.start)};
    return (BencodeCheck){FAULT_NONE, 0};
}

BencodeKind bencode_kind(Str value) {
    if (value.len == 0) return BENCODE_NONE;
    switch (*value.at) {
        case 'i': return BENCODE_INTEGER;
        case 'l': return BENCODE_LIST;
        case 'd': return BENCODE_DICT;
        case 'e': return BENCODE_CLOSE;
        default: return BENCODE_STRING;
    }
}

BencodeReader bencode_reader(Str value) { return (BencodeReader){value.at, value.at + value.len}; }

static int64_t read_integer(BencodeReader *reader) {
    const char *at = reader->at + 1;
    bool negative = *at == '-';
    if (negative) at++;
    int64_t value = 0;
    for (; at < reader->end && *at != 'e'; at++) value = value * 10 + (*at - '0');
    assert(at < reader->end);
    reader->at = at + 1;
    return negative ? -value : value;
}

static Str read_string(BencodeReader *reader) {
    const char *at = reader->at;
    size_t len = 0;
    for (; at < reader->end && *at != ':'; at++) len = len * 10 + (size_t)(*at - '0');
    assert(at < reader->end && len <= (size_t)(reader->end - at - 1));
    reader->at = at + 1 + len;
    return (Str){at + 1, len};
}

BencodeToken bencode_next(BencodeReader *reader) {
    if (reader->at == reader->end) return (BencodeToken){.kind = BENCODE_NONE};
    BencodeToken token = {.kind = bencode_kind((Str){reader->at, 1})};
    if (token.kind == BENCODE_INTEGER)
        token.integer = read_integer(reader);
    else if (token.kind == BENCODE_STRING)
        token.string = read_string(reader);
    else
        reader->at++;
    return token;
}

Str bencode_value(BencodeReader *reader) {
    const char *start = reader->at;
    if (start == reader->end || *start == 'e') return (Str){0};
    size_t depth = 0;
    do {
        switch (bencode_next(reader).kind) {
            case BENCODE_LIST:
            case BENCODE_DICT: depth++; break;
            case BENCODE_CLOSE: depth--; break;
            case BENCODE_NONE: return (Str){0};
            default: break;
        }
    } while (depth > 0);
    return (Str){start, (size_t)(reader->at - start)};
}

bool bencode_as_integer(Str value, int64_t *ret_integer) {
    if (bencode_kind(value) != BENCODE_INTEGER) return false;
    BencodeReader reader = bencode_reader(value);
    *ret_integer = bencode_next(&reader).integer;
    return true;
}

bool bencode_as_string(Str value, Str *ret_string) {
    if (bencode_kind(value) != BENCODE_STRING) return false;
    BencodeReader reader = bencode_reader(value);
    *ret_string = bencode_next(&reader).string;
    return true;
}

size_t bencode_list_count(Str list) {
    assert(bencode_kind(list) == BENCODE_LIST);
    BencodeReader reader = bencode_reader(list);
    bencode_next(&reader);
    size_t count = 0;
    while (bencode_value(&reader).len > 0) count++;
    return count;
}

void bencode_find(Str dict, const BencodeSlot *slots, size_t slot_count) {
    assert(bencode_kind(dict) == BENCODE_DICT);
    BencodeReader reader = bencode_reader(dict);
    bencode_next(&reader);
    for (;;) {
        BencodeToken key = bencode_next(&reader);
        if (key.kind != BENCODE_STRING) return;
        Str value = bencode_value(&reader);
        for (size_t i = 0; i < slot_count; i++)
            if (str_equal(slots[i].key, key.string)) *slots[i].ret_value = value;
    }
}

void bencode_open_dict(Text *text) { text_add_byte(text, 'd'); }
void bencode_open_list(Text *text) { text_add_byte(text, 'l'); }
void bencode_close(Text *text) { text_add_byte(text, 'e'); }

void bencode_write_string(Text *text, Str string) {
    text_add_u64(text, string.len);
    text_add_byte(text, ':');
    text_add(text, string);
}

void bencode_write_integer(Text *text, int64_t integer) {
    text_add_byte(text, 'i');
    text_add_i64(text, integer);
    text_add_byte(text, 'e');
}
