/* bytes.h — reading and writing binary formats without a pointer ever leaving its buffer.
 * Both keep a sticky `failed`: after the first short read or full write every call does nothing and
 * reads give zero, so code reads all fields and tests once. Numbers are big-endian, as on the
 * network. */
#pragma once
#include "base/str.h"

typedef struct {
    const uint8_t *at;
    size_t left;
    bool failed;
} ByteReader;

ByteReader byte_reader(const void *bytes, size_t len);
uint8_t byte_read_u8(ByteReader *reader);
uint16_t byte_read_u16(ByteReader *reader);
uint32_t byte_read_u32(ByteReader *reader);
uint64_t byte_read_u64(ByteReader *reader);
const uint8_t *byte_read_bytes(ByteReader *reader, size_t len); /* NULL once failed */
void byte_skip(ByteReader *reader, size_t len);

typedef struct {
    uint8_t *start, *at;
    size_t left;
    bool failed;
} ByteWriter;

ByteWriter byte_writer(void *bytes, size_t room);
void byte_write_u8(ByteWriter *writer, uint8_t value);
void byte_write_u16(ByteWriter *writer, uint16_t value);
void byte_write_u32(ByteWriter *writer, uint32_t value);
void byte_write_u64(ByteWriter *writer, uint64_t value);
void byte_write_bytes(ByteWriter *writer, const void *bytes, size_t len);
size_t byte_written(const ByteWriter *writer); /* 0 once failed */
