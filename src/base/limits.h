/* limits.h — every bound that untrusted input meets, with its name and its unit.
 * One place, so that a reader can see what the program will and will not take. Tested at the edge.
 */
#pragma once

enum {
    KIB = 1024,
    MIB = 1024 * KIB,

    ARENA_BLOCK_BYTES = 16 * KIB,
    REQUEST_ARENA_BYTES_MAX = 256 * MIB, /* one request, all it may ever hold */

    /* torrent/ — the first four follow libtorrent's own */
    TORRENT_FILE_BYTES_MAX = 10 * MIB,
    BENCODE_DEPTH_MAX = 100,
    BENCODE_TOKENS_MAX = 3000000,
    TORRENT_PIECES_MAX = 2097152,
    TORRENT_FILES_MAX = 200000,
    TORRENT_PATH_DEPTH_MAX = 100,
    TORRENT_PATH_BYTES_MAX = 4096,     /* all parts of one path with their separators */
    TORRENT_DUPLICATE_NAMES_MAX = 500, /* the same path more than once */
    TORRENT_TRACKERS_MAX = 200,
    TORRENT_WEB_SEEDS_MAX = 100,
    TORRENT_PIECE_LENGTH_MAX = 512 * MIB,
    MAGNET_BYTES_MAX = 16 * KIB,

    /* http/ */
    HTTP_HEAD_BYTES_MAX = 8 * KIB, /* request line and headers */
    HTTP_HEADERS_MAX = 48,
    HTTP_TARGET_BYTES_MAX = 4 * KIB,
    HTTP_BODY_BYTES_MAX = 11 * MIB, /* a route may ask for less */
    HTTP_FORM_FIELDS_MAX = 64,
    HTTP_COOKIES_MAX = 32,

    /* community/ */
    NAME_BYTES_MIN = 2,
    NAME_BYTES_MAX = 32,
    PASSWORD_BYTES_MIN = 8,
    PASSWORD_BYTES_MAX = 256,
    EMAIL_BYTES_MAX = 254,
    TITLE_BYTES_MAX = 250,
    AUTHOR_BYTES_MAX = 250,
    SOURCE_URL_BYTES_MAX = 1000,
    DESCRIPTION_BYTES_MAX = 64 * KIB,
    TAGS_MAX = 20,
    TAG_BYTES_MAX = 40,
    LIST_PAGE_MAX = 100,

    /* search/ */
    SEARCH_QUERY_BYTES_MAX = 1000,
    SEARCH_TERMS_MAX = 32,
};
