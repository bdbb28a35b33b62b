#include "base/bytes.h"

ByteReader byte_reader(const void *bytes, size_t len) {
    return (ByteReader){.at = bytes, .left = len};
}

const uint8_t *byte_read_bytes(ByteReader *reader, size_t len) {
    if (reader->failed || len > reader->left) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *at = reader->at;
    reader->at += len;
    reader->left -= len;
    return at;
}

void byte_skip(ByteReader *reader, size_t len) { byte_read_bytes(reader, len); }

static uint64_t read_number(ByteReader *reader, size_t len) {
    const uint8_t *at = byte_read_bytes(reader, len);
    uint64_t value = 0;
    for (size_t i = 0; at && i < len; i++) value = value << 8 | at[i];
    return value;
}

uint8_t byte_read_u8(ByteReader *reader) { return (uint8_t)read_number(reader, 1); }
uint16_t byte_read_u16(ByteReader *reader) { return (uint16_t)read_number(reader, 2); }
uint32_t byte_read_u32(ByteReader *reader) { return (uint32_t)read_number(reader, 4); }
uint64_t byte_read_u64(ByteReader *reader) { return read_number(reader, 8); }

ByteWriter byte_writer(void *bytes, size_t room) {
    return (ByteWriter){.start = bytes, .at = bytes, .left = room};
}

void byte_write_bytes(ByteWriter *writer, const void *bytes, size_t len) {
    if (writer->failed || len > writer->left) {
        writer->failed = true;
        return;
    }
    if (len) memcpy(writer->at, bytes, len);
    writer->at += len;
    writer->left -= len;
}

static void write_number(ByteWriter *writer, uint64_t value, size_t len) {
    uint8_t bytes[8];
    for (size_t i = len; i-- > 0; value >>= 8) bytes[i] = (uint8_t)value;
    byte_write_bytes(writer, bytes, len);
}

void byte_write_u8(ByteWriter *writer, uint8_t value) { write_number(writer, value, 1); }
void byte_write_u16(ByteWriter *writer, uint16_t value) { write_number(writer, value, 2); }
void byte_write_u32(ByteWriter *writer, uint32_t value) { write_number(writer, value, 4); }
void byte_write_u64(ByteWriter *writer, uint64_t value) { write_number(writer, value, 8); }

size_t byte_written(const ByteWriter *writer) {
    return writer->failed ? 0 : (size_t)(writer->at - writer->start);
}
