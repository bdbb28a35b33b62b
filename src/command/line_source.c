#include "command/line_source.h"

#include <zlib.h>

#include "base/heap.h"
#include "base/limits.h"

enum { PART_BYTES = 4 * MIB, GZIP_WINDOW = 15 + 32 };

struct LineSource {
    const Call *call;
    Str path;
    uint64_t read_at; /* of the file: where the next part begins */
    uint64_t place;   /* of the text: where the next line begins */
    bool file_ended, text_ended;
    bool is_packed, in_member; /* in_member: the end of a packed file would come too soon */
    z_stream unpacking;
    Arena part; /* of the file */
    Str packed; /* what of it is left to unpack */
    char *text;
    size_t from, to; /* in `text`: what is there and not yet given away */
};

enum { TEXT_ROOM = IMPORT_LINE_BYTES_MAX + PART_BYTES };

static Error read_part(LineSource *source, Str *ret_bytes) {
    const CommandIo *io = source->call->io;
    FilePart part = {source->read_at, PART_BYTES};
    arena_reset(&source->part);
    Error e = io->read_part(io->end, source->path, part, &source->part, ret_bytes);
    for (size_t i = 0; i < 2; i++) /* they end with the part */
        if (failed(e)) e.subject[i] = arena_copy(source->call->arena, e.subject[i]);
    TRY(e);
    if (ret_bytes->len > PART_BYTES)
        return error(BAD_REQUEST, "bad_frame", "The other end sent more than was asked for.");
    source->read_at += ret_bytes->len;
    source->file_ended = ret_bytes->len < PART_BYTES;
    return OK;
}

static Error unpack(LineSource *source, size_t *ret_len) {
    z_stream *stream = &source->unpacking;
    stream->next_out = (Bytef *)source->text + source->to;
    stream->avail_out = PART_BYTES;
    while (stream->avail_out > 0) {
        if (!source->packed.len && !source->file_ended) TRY(read_part(source, &source->packed));
        if (!source->packed.len && source->in_member)
            return error(BAD_INPUT, "bad_gzip", "{} is not what gzip makes, or is damaged.",
                         source->path);
        if (!source->packed.len) break;
        source->in_member = true;
        stream->next_in = (Bytef *)source->packed.at;
        stream->avail_in = (uInt)source->packed.len;
        int result = inflate(stream, Z_NO_FLUSH);
        source->packed = str_skip(source->packed, source->packed.len - stream->avail_in);
        if (result == Z_STREAM_END) {
            source->in_member = false; /* there may be another one */
            result = inflateReset(stream);
        }
        if (result != Z_OK)
            return error(BAD_INPUT, "bad_gzip", "{} is not what gzip makes, or is damaged.",
                         source->path);
    }
    *ret_len = PART_BYTES - stream->avail_out;
    source->text_ended = *ret_len == 0;
    return OK;
}

static Error fill(LineSource *source) {
    if (source->from) {
        memmove(source->text, source->text + source->from, source->to - source->from);
        source->to -= source->from;
        source->from = 0;
    }
    size_t len = 0;
    if (source->is_packed) {
        TRY(unpack(source, &len));
    } else {
        Str bytes;
        TRY(read_part(source, &bytes));
        memcpy(source->text + source->to, bytes.at, bytes.len);
        len = bytes.len;
        source->text_ended = source->file_ended;
    }
    source->to += len;
    return OK;
}

static void give(LineSource *source, size_t len) {
    source->from += len;
    source->place += len;
}

/* What was read before, unpacked again: there is no other way to its middle. */
static Error skip_to(LineSource *source, uint64_t offset) {
    while (source->place < offset && !source->text_ended) {
        TRY(fill(source));
        size_t there = source->to - source->from;
        give(source, offset - source->place < there ? (size_t)(offset - source->place) : there);
    }
    return OK;
}

Error line_source_open(const Call *call, Str path, uint64_t offset, LineSource **ret_source) {
    LineSource *source = heap_new(1, sizeof *source);
    source->call = call;
    source->path = path;
    source->is_packed = str_ends(path, STR(".gz"));
    source->part = arena_create(PART_BYTES + MIB);
    source->text = heap_new(TEXT_ROOM, 1);
    Error e = OK;
    if (!source->is_packed) {
        source->read_at = source->place = offset;
    } else if (inflateInit2(&source->unpacking, GZIP_WINDOW) != Z_OK) {
        e = error(UNAVAILABLE, NULL, "There is not enough memory.");
    } else {
        e = skip_to(source, offset);
    }
    if (failed(e)) {
        line_source_close(source);
        return e;
    }
    *ret_source = source;
    return OK;
}

void line_source_close(LineSource *source) {
    if (!source) return;
    if (source->is_packed) inflateEnd(&source->unpacking);
    arena_free(&source->part);
    heap_free(source->text);
    heap_free(source);
}

/* Up to the next line end, over as many parts as it takes. */
static Error pass_over(LineSource *source) {
    for (;;) {
        Str there = {source->text + source->from, source->to - source->from};
        size_t end = str_find_byte(there, '\n');
        give(source, end == STR_NONE ? there.len : end + 1);
        if (end != STR_NONE || source->text_ended) return OK;
        TRY(fill(source));
    }
}

Error line_source_next(LineSource *source, bool *ret_found, Str *ret_line, bool *ret_whole) {
    size_t looked = 0;
    for (;;) {
        Str there = {source->text + source->from, source->to - source->from};
        size_t end = str_find_byte(str_skip(there, looked), '\n');
        bool whole = end != STR_NONE;
        if (!whole && there.len < IMPORT_LINE_BYTES_MAX && !source->text_ended) {
            looked = there.len;
            TRY(fill(source));
            continue;
        }
        size_t len = whole ? looked + end : there.len;
        *ret_found = whole || len > 0;
        *ret_whole = whole || len < IMPORT_LINE_BYTES_MAX;
        *ret_line = str_part(there, 0, len);
        if (str_ends(*ret_line, STR("\r"))) ret_line->len--;
        give(source, whole ? len + 1 : len);
        if (*ret_whole) return OK;
        *ret_line = (Str){0}; /* the rest takes its place */
        return pass_over(source);
    }
}

uint64_t line_source_place(const LineSource *source) { return source->place; }

uint64_t line_source_progress(const LineSource *source) { return source->read_at; }
