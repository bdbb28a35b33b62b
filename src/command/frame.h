/* frame.h — the frames of the control socket. Blocking; false when the other end is gone, breaks
 * the form or sends more than the arena may hold. */
#pragma once
#include "base/error.h"

typedef enum {
    FRAME_WORDS = 'A',  /* client: the command line, each word ended by NUL */
    FRAME_OUT = 'O',    /* server: text for standard output */
    FRAME_ERR = 'E',    /* server: text for standard error */
    FRAME_READ = 'R',   /* server: send this file */
    FRAME_LIST = 'L',   /* server: send this folder's entries */
    FRAME_WRITE = 'W',  /* server: path, NUL, bytes to write there */
    FRAME_BYTES = 'F',  /* client: the answer */
    FRAME_FAILED = 'X', /* client: error kind (one byte), code, NUL, words */
    FRAME_DONE = 'Q',   /* server: exit code (one byte) */
} FrameKind;

typedef struct {
    FrameKind kind;
    Str payload;
} Frame;

bool frame_write(int fd, FrameKind kind, Str payload);
bool frame_read(int fd, Arena *arena, Frame *ret_frame);

Str frame_failure(Error e, Arena *arena);
Error frame_failure_parse(Str payload, Arena *arena);
