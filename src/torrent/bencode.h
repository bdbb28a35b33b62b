/* bencode.h — bencoding (BEP 3): checked once, then read by bytes, and written.
 * bencode_check walks untrusted bytes without recursion or memory and enforces BENCODE_DEPTH_MAX
 * and BENCODE_TOKENS_MAX. It refuses what has two readings: leading zeros, -0, integers past 64
 * bits, a key twice, bytes after the end. Keys out of order are taken unless `sorted_keys`: old v1
 * torrents have them and every client reads them; BEP 52 forbids them. Everything else here expects
 * checked bytes: a value is the Str of its exact bytes, so that an info dictionary stays what it
 * was. Nothing is copied. */
#pragma once
#include "base/text.h"
#include "torrent/fault.h"

typedef struct {
    Fault fault; /* FAULT_NONE when the bytes are one whole value */
    size_t at;   /* byte at fault; the limit for FAULT_TOO_MANY_TOKENS */
} BencodeCheck;

BencodeCheck bencode_check(Str bytes, bool sorted_keys);

typedef enum {
    BENCODE_NONE, /* end of the bytes */
    BENCODE_INTEGER,
    BENCODE_STRING,
    BENCODE_LIST,
    BENCODE_DICT,
    BENCODE_CLOSE, /* end of the innermost list or dictionary */
} BencodeKind;

typedef struct {
    BencodeKind kind;
    int64_t integer;
    Str string;
} BencodeToken;

typedef struct {
    const char *at, *end;
} BencodeReader;

BencodeKind bencode_kind(Str value); /* BENCODE_NONE for no bytes: an absent key */
BencodeReader bencode_reader(Str value);
BencodeToken bencode_next(BencodeReader *reader);
Str bencode_value(
    BencodeReader *reader); /* the whole next value; empty before a CLOSE or the end */

/* Of the right kind, or false and *ret untouched. */
bool bencode_as_integer(Str value, int64_t *ret_integer);
bool bencode_as_string(Str value, Str *ret_string);
size_t bencode_list_count(Str list);

/* Picks the named values out of a dictionary in one pass; absent ones stay as they were. */
typedef struct {
    Str key;
    Str *ret_value;
} BencodeSlot;
void bencode_find(Str dict, const BencodeSlot *slots, size_t slot_count);

/* The writer: keys must be given in byte order. */
void bencode_open_dict(Text *text);
void bencode_open_list(Text *text);
void bencode_close(Text *text);
void bencode_write_string(Text *text, Str string);
void bencode_write_integer(Text *text, int64_t integer);
