/* frame.h — the frames of the control socket. Blocking; false when the other end is gone, breaks
 * the form or sends more than the arena may hold. */
#pragma once
#include "base/error.h"

typedef enum {
    FRAME_WORDS = 'A',      /* client: the command line, each word ended by NUL */
    FRAME_OUT = 'O',        /* server: text for standard output */
    FRAME_ERR = 'E',        /* server: text for standard error */
    FRAME_READ = 'R',       /* server: send this file */
    FRAME_LIST = 'L',       /* server: send this folder's entries */
    FRAME_WRITE = 'W',      /* server: path, NUL, bytes to write there */
    FRAME_READ_PART = 'G',  /* server: offset (8 bytes), length (8), path: send that part */
    FRAME_WRITE_PART = 'H', /* server: offset (8 bytes), path, NUL, bytes to write there */
    FRAME_LOOK = 'I',  /* server: path: "1" where errors go to a terminal, else "0", and its size */
    FRAME_BYTES = 'F', /* client: the answer */
    FRAME_FAILED = 'X', /* client: error kind (one byte), code, NUL, words */
    FRAME_DONE = 'Q',   /* server: exit code (one byte) */

    FRAME_TAKEOVER = 'T', /* a successor: give me your sockets, and go on */
    FRAME_SOCKETS = 'S',  /* server: how many (four bytes); they follow */
    FRAME_STOP = 'P',     /* the successor: I have all I need, stop */
    FRAME_YOURS = 'Y',    /* server: the store is closed, nobody reads the sockets */
    FRAME_READY = 'N',    /* the successor: I answer, you may end */
} FrameKind;

typedef struct {
    FrameKind kind;
    Str payload;
} Frame;

bool frame_write(int fd, FrameKind kind, Str payload);
bool frame_read(int fd, Arena *arena, Frame *ret_frame);

/* FRAME_SOCKETS and the sockets behind it, by SCM_RIGHTS (unix(7)). What is received is the
 * caller's to close, and is not passed on to programs we start. */
bool frame_write_sockets(int fd, const int *sockets, size_t count);
bool frame_read_sockets(int fd, Arena *arena, int **ret_sockets, size_t *ret_count);

Str frame_failure(Error e, Arena *arena);
Error frame_failure_parse(Str payload, Arena *arena);
