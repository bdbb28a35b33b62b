/* line_source.h — a file or standard input of the caller as lines, read in parts: however long it
 * is, only a part and one line are held. A path that ends with ".gz" is unpacked on the way
 * (RFC 1952), and places are those of the text in it. */
#pragma once
#include "command/command.h"

typedef struct LineSource LineSource;

/* `offset`: where a line begins. */
MUST_USE Error line_source_open(const Call *call, Str path, uint64_t offset,
                                LineSource **ret_source);
void line_source_close(LineSource *source); /* NULL is fine */
/* Without its end, LF or CRLF. A line longer than IMPORT_LINE_BYTES_MAX is cut there and the rest
 * passed over: *ret_whole is false. Lives until the next call. */
MUST_USE Error line_source_next(LineSource *source, bool *ret_found, Str *ret_line,
                                bool *ret_whole);
uint64_t line_source_place(const LineSource *source);    /* behind the last line */
uint64_t line_source_progress(const LineSource *source); /* bytes of the file itself, read so far */
