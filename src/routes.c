#include "routes.h"

#include "api/api.h"
#include "api/feed.h"
#include "base/limits.h"
#include "forms.h"
#include "machine_routes.h"
#include "metrics.h"
#include "site/pages.h"

/* A table reads by columns. */
/* clang-format off */
#define PAGE(address, who, handler, words, ...) {HTTP_GET, "/{language}" address, who, LIMIT_PAGES, handler, words, __VA_ARGS__}
#define FEED(address, handler, words, kind) {HTTP_GET, "/{language}" address, ROUTE_ANYONE, LIMIT_SEARCH, handler, words, .form = kind, .cache_s = 15}
#define POST(address, who, limit, handler, words, ...) {HTTP_POST, "/{language}" address, who, limit, handler, words, __VA_ARGS__}

const Route routes[] = {
    /* What people see */
    {HTTP_GET, "/", ROUTE_ANYONE, LIMIT_PAGES, page_choose_language, "To the start page, in the visitor's language"},
    PAGE("/",                      ROUTE_ANYONE, page_home, "Start page", .cache_s = 5),
    PAGE("/about",                 ROUTE_ANYONE, page_about, "What this place is and its rules", .cache_s = 60),
    PAGE("/statistics",            ROUTE_ANYONE, page_statistics, "How the site and its tracker fare, in pictures", .form = &form_statistics, .cache_s = 60),
    PAGE("/licences",              ROUTE_ANYONE, page_licences, "Every licence we take, in plain words", .cache_s = 60),
    PAGE("/browse/{category}",     ROUTE_ANYONE, page_browse, "The works of one category", .form = &form_list, .cache_s = 5),
    {HTTP_GET, "/{language}/search", ROUTE_ANYONE, LIMIT_SEARCH, page_search, "Search results", .form = &form_list, .cache_s = 5},
    PAGE("/search/help",           ROUTE_ANYONE, page_search_help, "The query language by examples", .cache_s = 60),
    PAGE("/search/ranking",        ROUTE_ANYONE, page_search_ranking, "What makes the order of the works found", .cache_s = 60),
    PAGE("/torrent/{id}/{slug}",   ROUTE_ANYONE, page_torrent, "One work", .cache_s = 2),
    PAGE("/torrent/{id}/life",     ROUTE_ANYONE, page_torrent_life, "How one work fared, from the beginning", .cache_s = 60),
    PAGE("/torrent/{id}/files/{page}", ROUTE_ANYONE, page_torrent_files, "The files of one work, page by page", .cache_s = 60),
    PAGE("/series",                ROUTE_ANYONE, page_series_list, "Works with several releases", .form = &form_cursor, .cache_s = 5),
    PAGE("/series/{slug}",         ROUTE_ANYONE, page_series, "One series and its editions", .form = &form_cursor, .cache_s = 5),
    PAGE("/member/{name}",         ROUTE_ANYONE, page_member, "A member and what they published", .form = &form_list, .cache_s = 5),
    {HTTP_GET, "/s/{slug}/latest", ROUTE_ANYONE, LIMIT_PAGES, page_series_latest, "To the newest edition of a series"},
    {HTTP_GET, "/s/{slug}/latest.torrent", ROUTE_ANYONE, LIMIT_PAGES, page_series_file, "The file of the newest edition; nothing to who has it (BEP 39)", .bare = true},
    PAGE("/top",                   ROUTE_ANYONE, page_top_start, "To the list people look at most", .cache_s = 60),
    PAGE("/top/{period}/{by}",     ROUTE_ANYONE, page_top, "What is on top, today and as it was", .form = &form_top, .cache_s = 15),
    {HTTP_GET, "/{language}/needs", ROUTE_ANYONE, LIMIT_SEARCH, page_needs, "Works that need seeders", .form = &form_needs, .cache_s = 5},
    {HTTP_GET, "/{language}/random", ROUTE_ANYONE, LIMIT_SEARCH, page_random, "To a work alive, by chance", .form = &form_list},
    PAGE("/may",                   ROUTE_ANYONE, page_uses, "What one may do with the works, and with how many", .cache_s = 15),
    PAGE("/giving",                ROUTE_ANYONE, page_giving_start, "Form for space to give, and one's own plans"),
    POST("/giving",                ROUTE_ANYONE, LIMIT_WRITES, page_giving_post, "Make a plan of works to seed", .form = &form_giving),
    {HTTP_GET, "/{language}/giving/{code}", ROUTE_ANYONE, LIMIT_SEARCH, page_giving, "A plan of works to seed"},
    {HTTP_GET, "/{language}/giving/{code}/magnets", ROUTE_ANYONE, LIMIT_SEARCH, page_giving_magnets, "Its magnets, one a line"},
    POST("/giving/{code}/remove",  ROUTE_ANYONE, LIMIT_WRITES, page_giving_remove_post, "Remove a plan", .form = &form_none),
    {HTTP_GET, "/t/{infohash}",    ROUTE_ANYONE, LIMIT_PAGES, page_permalink, "Permanent address of a work, or with .torrent behind it of its file"},
    FEED("/series/{slug}.rss",     feed_series, "The editions of a series, as a feed", &form_cursor),
    FEED("/series/{slug}.atom",    feed_series, "The same as Atom", &form_cursor),

    /* Accounts */
    PAGE("/register",              ROUTE_ANYONE, page_register, "Sign-up form"),
    POST("/register",              ROUTE_ANYONE, LIMIT_SIGN_IN, page_register_post, "Sign up", .form = &form_register),
    PAGE("/login",                 ROUTE_ANYONE, page_login, "Sign-in form", .form = &form_login_page),
    POST("/login",                 ROUTE_ANYONE, LIMIT_SIGN_IN, page_login_post, "Sign in", .form = &form_login),
    POST("/logout",                ROUTE_MEMBER, LIMIT_WRITES, page_logout_post, "Sign out", .form = &form_none),
    PAGE("/setup/{code}",          ROUTE_ANYONE, page_setup, "One-time form for the first administrator"),
    POST("/setup/{code}",          ROUTE_ANYONE, LIMIT_SIGN_IN, page_setup_post, "Make the first administrator", .form = &form_register),
    PAGE("/settings",              ROUTE_ANYONE, page_settings, "Language and theme; for members also password, tokens, sessions"),
    POST("/preferences",           ROUTE_ANYONE, LIMIT_WRITES, page_preferences_post, "Choose language and theme", .form = &form_preferences),
    POST("/settings/password",     ROUTE_MEMBER, LIMIT_SIGN_IN, page_password_post, "Change the password", .form = &form_password),
    POST("/settings/tokens",       ROUTE_MEMBER, LIMIT_WRITES, page_token_post, "Make an API token", .form = &form_token),
    POST("/settings/tokens/remove", ROUTE_MEMBER, LIMIT_WRITES, page_token_remove_post, "Revoke an API token", .form = &form_one),
    POST("/settings/sessions/remove", ROUTE_MEMBER, LIMIT_WRITES, page_session_remove_post, "Sign another browser out", .form = &form_one),
    POST("/settings/announce-key", ROUTE_MEMBER, LIMIT_WRITES, page_announce_key_post, "Make an announce address of one's own, or another", .form = &form_none),
    POST("/settings/announce-key/named", ROUTE_MEMBER, LIMIT_WRITES, page_announce_named_post, "Be named where one shares, or not", .form = &form_announce_named),
    POST("/settings/port",         ROUTE_MEMBER, LIMIT_SIGN_IN, page_port_post, "Test whether a port of the visitor's own address can be reached", .form = &form_port),
    POST("/settings/announce-key/remove", ROUTE_MEMBER, LIMIT_WRITES, page_announce_key_remove_post, "Give the announce address up", .form = &form_none),

    /* Publishing */
    PAGE("/upload",                ROUTE_MEMBER, page_upload, "Upload form"),
    POST("/upload",                ROUTE_MEMBER, LIMIT_UPLOADS, page_upload_post, "Publish a work", .form = &form_upload, .body_max = HTTP_BODY_BYTES_MAX),
    PAGE("/torrent/{id}/{slug}/edit", ROUTE_MEMBER, page_edit, "Edit form of one's own work"),
    POST("/torrent/{id}/{slug}/edit", ROUTE_MEMBER, LIMIT_WRITES, page_edit_post, "Edit one's own work", .form = &form_edit, .body_max = 256 * KIB),
    PAGE("/torrent/{id}/{slug}/withdraw", ROUTE_MEMBER, page_withdraw, "Asks before a work is withdrawn"),
    POST("/torrent/{id}/{slug}/withdraw", ROUTE_MEMBER, LIMIT_WRITES, page_withdraw_post, "Withdraw one's own work", .form = &form_withdraw),
    PAGE("/series/new",            ROUTE_MEMBER, page_series_new, "Form for a new series"),
    POST("/series/new",            ROUTE_MEMBER, LIMIT_WRITES, page_series_new_post, "Make a series", .form = &form_series),
    PAGE("/series/{slug}/edit",    ROUTE_MEMBER, page_series_edit, "Edit form of a series"),
    POST("/series/{slug}/edit",    ROUTE_MEMBER, LIMIT_WRITES, page_series_edit_post, "Edit a series", .form = &form_series),
    POST("/series/{slug}/editions", ROUTE_MEMBER, LIMIT_WRITES, page_series_put_post, "Make a work an edition of a series", .form = &form_edition),
    POST("/series/{slug}/editions/remove", ROUTE_MEMBER, LIMIT_WRITES, page_series_take_out_post, "Take an edition out of its series", .form = &form_one),
    POST("/series/{slug}/remove",  ROUTE_MEMBER, LIMIT_WRITES, page_series_remove_post, "Remove a series; its works stay", .form = &form_none),

    POST("/torrent/{id}/{slug}/thank", ROUTE_MEMBER, LIMIT_WRITES, page_thank_post, "Thank who published a work", .form = &form_none),
    POST("/torrent/{id}/{slug}/thank/remove", ROUTE_MEMBER, LIMIT_WRITES, page_thank_remove_post, "Take one's thanks back", .form = &form_none),

    /* Moderation */
    PAGE("/moderation",            ROUTE_MODERATOR, page_moderation, "Works that wait for a moderator"),
    POST("/torrent/{id}/{slug}/publish", ROUTE_MODERATOR, LIMIT_WRITES, page_publish_post, "Let a waiting work appear", .form = &form_none),
    PAGE("/torrent/{id}/{slug}/remove", ROUTE_MODERATOR, page_remove, "Removal form"),
    POST("/torrent/{id}/{slug}/remove", ROUTE_MODERATOR, LIMIT_WRITES, page_remove_post, "Remove a work, with a reason", .form = &form_remove),

    /* Feeds: the address of a list, and its ending */
    FEED("/.rss",                  feed_home, "The newest works, as a feed", &form_list),
    FEED("/.atom",                 feed_home, "The same as Atom", &form_list),
    FEED("/browse/{category}.rss", feed_browse, "The works of one category, as a feed", &form_list),
    FEED("/browse/{category}.atom", feed_browse, "The same as Atom", &form_list),
    FEED("/search.rss",            feed_search, "Search results, as a feed", &form_list),
    FEED("/search.atom",           feed_search, "The same as Atom", &form_list),
    FEED("/top/{period}/{by}.rss", feed_top, "What is on top, as a feed", &form_top),
    FEED("/top/{period}/{by}.atom", feed_top, "The same as Atom", &form_top),
    FEED("/needs.rss",             feed_needs, "Works that need seeders, as a feed", &form_needs),
    FEED("/needs.atom",            feed_needs, "The same as Atom", &form_needs),
    FEED("/giving/{code}.rss",     feed_giving, "A plan of works to seed, as a feed", NULL),
    FEED("/giving/{code}.atom",    feed_giving, "The same as Atom", NULL),
    FEED("/member/{name}.rss",     feed_member, "What a member published, as a feed", &form_list),
    FEED("/member/{name}.atom",    feed_member, "The same as Atom", &form_list),

    /* The JSON API */
    {HTTP_POST, "/api/v1/accounts", ROUTE_ANYONE, LIMIT_SIGN_IN, api_account_add, "Sign up", .csrf = CSRF_BEARER, .body_max = 16 * KIB},
    {HTTP_POST, "/api/v1/tokens", ROUTE_ANYONE, LIMIT_SIGN_IN, api_token_add, "Make a token from name and password", .csrf = CSRF_BEARER, .body_max = 16 * KIB},
    {HTTP_GET, "/api/v1/torrents", ROUTE_ANYONE, LIMIT_SEARCH, api_torrent_list, "List and search works", .form = &form_list, .cache_s = 2},
    {HTTP_POST, "/api/v1/torrents", ROUTE_MEMBER, LIMIT_UPLOADS, api_torrent_add, "Publish a work, or check it with dry_run=1", .form = &form_upload_api, .csrf = CSRF_BEARER, .scope = "upload", .body_max = HTTP_BODY_BYTES_MAX},
    {HTTP_GET, "/api/v1/torrents/{id}", ROUTE_ANYONE, LIMIT_PAGES, api_torrent_show, "One work", .cache_s = 2},
    {HTTP_GET, "/api/v1/categories", ROUTE_ANYONE, LIMIT_PAGES, api_category_list, "The tree of categories, with Newznab numbers", .cache_s = 5},
    {HTTP_GET, "/api/v1/series", ROUTE_ANYONE, LIMIT_PAGES, api_series_list, "List series", .form = &form_cursor, .cache_s = 2},
    {HTTP_POST, "/api/v1/series", ROUTE_MEMBER, LIMIT_WRITES, api_series_add, "Make a series", .csrf = CSRF_BEARER, .scope = "upload", .body_max = 128 * KIB},
    {HTTP_GET, "/api/v1/series/{slug}", ROUTE_ANYONE, LIMIT_PAGES, api_series_show, "One series and its editions", .form = &form_cursor, .cache_s = 2},
    {HTTP_POST, "/api/v1/series/{slug}/editions", ROUTE_MEMBER, LIMIT_WRITES, api_series_put, "Make a work an edition of a series", .csrf = CSRF_BEARER, .scope = "upload", .body_max = 16 * KIB},
    {HTTP_GET, "/api/v1/top", ROUTE_ANYONE, LIMIT_PAGES, api_top, "What is on top, today and as it was", .form = &form_top_api, .cache_s = 15},
    {HTTP_GET, "/api/v1/needs", ROUTE_ANYONE, LIMIT_SEARCH, api_needs, "Works that need seeders", .form = &form_needs, .cache_s = 5},
    {HTTP_GET, "/api/v1/random", ROUTE_ANYONE, LIMIT_SEARCH, api_random, "A work alive, by chance", .form = &form_list},
    {HTTP_POST, "/api/v1/givings", ROUTE_ANYONE, LIMIT_WRITES, api_giving_add, "Make a plan of works to seed", .csrf = CSRF_BEARER, .body_max = 16 * KIB},
    {HTTP_GET, "/api/v1/givings/{code}", ROUTE_ANYONE, LIMIT_SEARCH, api_giving_show, "A plan of works to seed"},
    {HTTP_GET, "/api/v1/stats", ROUTE_ANYONE, LIMIT_PAGES, api_totals, "Totals of the site, and what they were before", .form = &form_stats, .cache_s = 2},
    {HTTP_GET, "/api/v1/openapi.json", ROUTE_ANYONE, LIMIT_PAGES, api_openapi, "This API, described (OpenAPI 3.1)", .cache_s = 3600},

    /* Machines */
    {HTTP_GET, "/announce", ROUTE_ANYONE, LIMIT_TRACKER, announce_route, "HTTP tracker: announce", .inline_answer = true, .bare = true, .express = announce_express},
    {HTTP_GET, "/announce/{key}", ROUTE_ANYONE, LIMIT_TRACKER, announce_route, "HTTP tracker: announce that earns a member a mention", .inline_answer = true, .bare = true, .express = announce_express},
    {HTTP_GET, "/scrape", ROUTE_ANYONE, LIMIT_TRACKER, scrape_route, "HTTP tracker: scrape", .inline_answer = true, .bare = true},
    {HTTP_GET, "/{...}/announce", ROUTE_ANYONE, LIMIT_TRACKER, announce_route, "HTTP tracker: announce, at whichever address old torrents name", .inline_answer = true, .bare = true},
    {HTTP_GET, "/{...}/announce.php", ROUTE_ANYONE, LIMIT_TRACKER, announce_route, "HTTP tracker: the same", .inline_answer = true, .bare = true},
    {HTTP_GET, "/{...}/scrape", ROUTE_ANYONE, LIMIT_TRACKER, scrape_route, "HTTP tracker: scrape, beside such an address", .inline_answer = true, .bare = true},
    {HTTP_GET, "/{...}/scrape.php", ROUTE_ANYONE, LIMIT_TRACKER, scrape_route, "HTTP tracker: the same", .inline_answer = true, .bare = true},
    {HTTP_GET, "/opensearch.xml", ROUTE_ANYONE, LIMIT_PAGES, page_opensearch, "So that the browser's address bar can search here", .cache_s = 3600},
    {HTTP_GET, "/livez", ROUTE_ANYONE, LIMIT_NONE, live_route, "The process answers", .inline_answer = true},
    {HTTP_GET, "/readyz", ROUTE_ANYONE, LIMIT_PAGES, ready_route, "Store, search and tracker answer too"},
    {HTTP_GET, "/metrics", ROUTE_ANYONE, LIMIT_PAGES, metrics_route, "Prometheus metrics, to the addresses in metrics.allowed"},
    {0},
};
/* clang-format on */
