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
    TORRENT_PATH_BYTES_MAX = 4096, /* all parts of one path with their separators */
    TORRENT_PATHS_BYTES_MAX =
        32 * MIB, /* the shown paths of all files together: folders count for each */
    TORRENT_DUPLICATE_NAMES_MAX = 500, /* the same path more than once */
    TORRENT_TRACKERS_MAX = 200,
    TORRENT_WEB_SEEDS_MAX = 100,
    TORRENT_PIECE_LENGTH_MAX = 512 * MIB,
    MAGNET_BYTES_MAX = 16 * KIB,

    /* tracker/ — an answer fits in 1232 bytes, so that it passes every tunnel unfragmented */
    TRACKER_PEERS_V4_MAX = 200,              /* in one answer: 20 + 200 * 6 = 1220 bytes */
    TRACKER_PEERS_V6_MAX = 66,               /* 20 + 66 * 18 = 1208 bytes */
    TRACKER_PEERS_WANTED = 50,               /* when the client leaves it to us */
    TRACKER_HTTP_ANSWER_BYTES_MAX = 4 * KIB, /* an announce answered by HTTP, or refused */
    TRACKER_SCRAPE_HASHES_MAX = 74,
    TRACKER_URL_BYTES_MAX = 512, /* path and query a UDP announce may carry, BEP 41 */
    TRACKER_UDP_THREADS_MAX = 64,
    TRACKER_LISTENERS_MAX = 16,
    TRACKER_WEB_OFFERS_MAX = 10,    /* of one announce */
    TRACKER_WEB_DEPTH_MAX = 8,      /* of the JSON of one message */
    TRACKER_WEB_SWARMS_MAX = 500,   /* of one client */
    TRACKER_WEB_PEERS_MAX = 200000, /* of all clients */
    TRACKER_WEB_ANSWERS_MAX = 128,  /* offers one peer may still answer */
    CLIENT_KINDS_MAX = 256,         /* on each of the two lists */
    ANNOUNCE_KEYS_MAX = 1024 * KIB,
    HOSTINGS_MAX = 256 * KIB, /* members in swarms, all together: about 25 MiB */
    HOSTINGS_OF_MEMBER_MAX = 4 * KIB,

    /* http/ */
    HTTP_HEAD_BYTES_MAX = 8 * KIB, /* request line and headers */
    HTTP_HEADERS_MAX = 48,
    HTTP_TARGET_BYTES_MAX = 4 * KIB,
    HTTP_BODY_BYTES_MAX = 11 * MIB, /* a route may ask for less */
    HTTP_FORM_FIELDS_MAX = 64,
    HTTP_COOKIES_MAX = 32,
    HTTP_READ_BYTES = 64 * KIB,          /* what one loop reads at a time, pipelining included */
    HTTP_FORM_BODY_BYTES_MAX = 64 * KIB, /* unless the route says otherwise */
    HTTP_BODIES_BYTES_MAX = 512 * MIB,   /* all bodies under way together */
    HTTP_BODY_BYTES_PER_S_MIN = 512,     /* slower senders are cut off */
    HTTP_ANSWER_BYTES_PER_S_MIN = 512,   /* slower readers too */
    HTTP_QUEUE_MAX = 1024,               /* requests that wait for a worker */
    HTTP_CONNECTIONS_MAX = 20000,
    HTTP_CACHE_BYTES_MAX = 64 * MIB,
    HTTP_CACHE_ENTRIES_MAX = 16384,
    HTTP_RATE_BUCKETS_MAX = 64 * KIB,
    HTTP_MULTIPART_WINDOW_BYTES = 16 * KIB, /* longest header block of a part */
    HTTP_ADDRESS_PARTS_MAX = 16,            /* parts of a path between slashes */
    HTTP_PROXY_HEADER_BYTES_MAX = 4 * KIB,  /* PROXY protocol, with all its fields */
    HTTP_EXPRESS_BODY_BYTES_MAX = 4 * KIB,  /* of an answer written straight to the output */
    HTTP_FORWARDED_MAX = 32,                /* proxies named in X-Forwarded-For */
    WEBSOCKETS_MAX = 15000,                 /* open at the same time; one more gets 503 */
    WEBSOCKET_METERS = 16 * KIB,            /* addresses that fall together share a cap */
    WEBSOCKET_MESSAGE_BYTES_MAX = 64 * KIB,
    WEBSOCKET_QUEUE_BYTES_MAX = 256 * KIB, /* unsent to one reader: then it is cut off */
    WEBSOCKETS_BYTES_MAX = 64 * MIB,       /* messages half arrived and unsent, of all together */
    WEBSOCKET_FRAMES_PER_S = 20, /* of one client in the long run; beyond it is read later */
    WEBSOCKET_FRAMES_BURST = 400,
    WEBSOCKET_FRAME_BYTES = 4 * KIB, /* of a message count as one more frame */

    /* probe/ */
    PROBE_SCRAPE_BYTES_MAX = 64 * KIB, /* of an answer */
    PROBE_HEAD_BYTES_MAX = 32 * KIB,   /* headers of an answer */
    PROBE_ARENA_BYTES_MAX = 8 * MIB,   /* one request */
    PROBE_HTTP_HASHES_MAX = 20,        /* in one URL, so that it stays under 2 KiB */
    PROBE_PAUSE_S_MAX = 86400,         /* that anybody may make us wait */
    PROBE_CLAIM_PEERS_MAX = 10000000,  /* more in one swarm is not believed */
    PROBE_CLAIM_COMPLETED_MAX = 2000000000,

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
    TITLE_BYTES_MIN = 3,
    LANGUAGE_TAG_BYTES_MAX = 35, /* RFC 5646, 4.4.1 */
    NOTE_BYTES_MAX = 2000,       /* why a work was withdrawn or removed */
    LABEL_BYTES_MAX = 100,       /* of a session or token */
    SESSIONS_OF_MEMBER_MAX = 50, /* one more ends the longest unused */
    TOKENS_OF_MEMBER_MAX = 50,
    PASSWORD_HASHES_WAITING_MAX = 32,    /* one more is told to come back */
    INDEXED_PATHS_BYTES_MAX = 256 * KIB, /* file names of one work, for search */
    LISTED_OF_MEMBER_MAX = 1000,         /* works on the page of one member */
    LISTED_ACCOUNTS_MAX = 10000,
    HOSTS_LISTED_MAX = 100,     /* members named on the page of a work */
    HOSTED_LISTED_MAX = 100,    /* works a member shares, on their page */
    LISTED_EVENTS_MAX = 200,    /* in the history of one work */
    COUNTS_OF_WRITE_MAX = 1000, /* swarms counted in one write */
    TAG_DESCRIPTION_BYTES_MAX = 4000,
    TAG_SYNONYMS_MAX = 50, /* of one tag */
    TAGS_LISTED_MAX = 200, /* those most works carry */
    TAG_MERGES_WAITING_MAX = 100,
    TAG_MERGES_LISTED_MAX = 50, /* into one tag */
    TAG_MERGE_WORKS_OF_TURN = 1000,
    SAVED_SEARCHES_OF_MEMBER_MAX = 100,
    COLLECTIONS_OF_MEMBER_MAX = 200,
    COLLECTION_WORKS_MAX = 2000, /* of one: its feed holds them all */
    COLLECTION_TITLE_BYTES_MAX = 150,
    COLLECTION_DESCRIPTION_BYTES_MAX = 8 * KIB,
    COLLECTION_NOTE_BYTES_MAX = 500,
    COLLECTIONS_FOLLOWED_MAX = 500,    /* by one member */
    COLLECTIONS_LISTED_MAX = 50,       /* on a page */
    COLLECTIONS_OF_WORK_SHOWN = 20,    /* on the page of a work */
    COLLECTION_WORKS_LISTED_MAX = 100, /* on a page */
    SERIES_NAME_BYTES_MAX = 200,
    SERIES_SLUG_BYTES_MIN = 2,
    SERIES_SLUG_BYTES_MAX = 60,
    SERIES_DESCRIPTION_BYTES_MAX = 16 * KIB,
    SERIES_OF_MEMBER_MAX = 500,
    SERIES_LISTED_MAX = 50,
    EDITIONS_OF_SERIES_MAX = 5000,
    EDITIONS_LISTED_MAX = 100,
    EDITION_LABEL_BYTES_MAX = 80,
    FILE_KEY_BYTES_MIN = 64 * KIB, /* smaller files are not told by: licence texts, covers, notes */
    FILE_KEYS_MAX = 64,            /* files of one work that can be found elsewhere */
    FILE_KEYS_ASKED_MAX = 16,      /* of these, for one page */
    FILE_KEY_CANDIDATES_MAX = 64,  /* works that are compared with one */
    FILE_KEY_WORKS_SHOWN_MAX = 10,
    FILE_KEY_FILES_READ_MAX = 400000, /* of other works, before one upload */
    THANKS_A_DAY_MAX = 200,           /* of one member */
    TOP_LIST_MAX = 100,               /* works on a list of all categories */
    TOP_LIST_OF_CATEGORY_MAX = 40,
    TOP_LIST_DAYS_KEPT = 1100,
    GIVINGS_MAX = 20000, /* plans, all together */
    GIVINGS_OF_MEMBER_MAX = 20,
    GIVING_WORKS_MAX = 500,       /* of one plan */
    GIVING_CANDIDATES_MAX = 4096, /* looked at for one plan */
    GIVING_CHANGES_SHOWN_MAX = 100,

    IMPORT_LINE_BYTES_MAX = 24 * MIB, /* a .torrent of the longest, in base64, and its words */

    SETTINGS_FILE_BYTES_MAX = 1 * MIB,

    /* api/ */
    API_ANSWER_BYTES_MAX = 64 * MIB, /* all files of the longest work fit */
    FEED_BYTES_MAX = 4 * MIB,

    /* site/ */
    PAGE_BYTES_MAX = 8 * MIB, /* one HTML page */
    MARKDOWN_DEPTH_MAX = 32,  /* lists in quotes in lists … */
    MARKDOWN_OUTPUT_BYTES_MAX = MIB,

    /* search/ */
    SEARCH_QUERY_BYTES_MAX = 1000,
    SEARCH_TERMS_MAX = 32,
    SEARCH_PARTS_MAX = 64,         /* pieces of all terms: each reads every place of its word */
    SEARCH_PHRASES_MAX = 8,        /* of one query, words tied as in "wi-fi" too */
    SEARCH_PICK_TRIES_MAX = 16384, /* draws for one work by chance: some milliseconds at most */
    SEARCH_NOTES_MAX = 16,         /* about the mistakes of one query */
    SEARCH_QUERY_DEPTH_MAX = 16,   /* parentheses deeper than that are passed over */
    SEARCH_CATEGORIES_MAX = 256,
    SEARCH_WORK_PATHS_MAX = 20000,        /* file names indexed of one work */
    SEARCH_WORK_PATH_BYTES_MAX = 1 * MIB, /* all of them together */
    SEARCH_TEXT_BYTES_MAX = 64 * KIB,     /* indexed of one title, tag, path or description */
    SEARCH_SCRATCH_BYTES_MAX = 256 * MIB, /* while answering one query */
};
