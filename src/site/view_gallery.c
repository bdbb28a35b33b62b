/* view_gallery — every view with believable data, written to a folder: what a designer looks at,
 * and what gallery_test.py puts through tidy. view_gallery FOLDER [THEME] */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "site/assets.h"
#include "site/file_tree.h"
#include "site/gallery.h"
#include "site/health.h"
#include "site/health_gallery.h"
#include "site/layout.h"
#include "site/markdown.h"

static const Str keyed_urls[] = {
    STR("udp://tracker.essaim.example:6969/announce/5f1c0a9de2744b38a6b0c7d1e8f29345"),
    STR("https://essaim.example/announce/5f1c0a9de2744b38a6b0c7d1e8f29345")};
static const Str announce_urls[] = {{"udp://tracker.essaim.example:6969/announce", 42},
                                    {"https://essaim.example/announce", 31}};

/* --- pages -------------------------------------------------------------------------------------
 */

static void home(Gallery *g) {
    HomePage page = {.layout = gallery_layout(g, NULL, "home", NULL),
                     .newest = gallery_rows(g, 0, 5, false),
                     .most_alive = gallery_rows(g, 3, 5, false),
                     .at_risk = gallery_rows(g, 3, 2, false),
                     .at_risk_total = 1204,
                     .categories = gallery_shelves(g, NULL),
                     .works = 4837,
                     .seeders = 21390,
                     .leechers = 812,
                     .completed = 390122,
                     .members = 1204};
    page.layout.feed = url_path(STR("/en/.rss"));
    gallery_begin(g);
    view_home(&g->out, &page);
    gallery_finish(g, "home");
    HomePage empty = {.layout = gallery_layout(g, NULL, "home", "lucie"),
                      .categories = category_items(g->arena, &(CategoryShow){0})};
    gallery_begin(g);
    view_home(&g->out, &empty);
    gallery_finish(g, "home_empty");
}

static void browse(Gallery *g) {
    BrowsePage page = {
        .layout = gallery_layout(g, "Music", "browse", "lucie"),
        .category = gallery_shelves(g, "music").at[6],
        .categories = gallery_shelves(g, "music"),
        .rows = gallery_rows(g, 0, GALLERY_WORKS, false),
        .total = 2110,
        .sorts = LIST(LinkItem, LINK("Newest", 0, true), LINK("Most seeders", 0, false),
                      LINK("Largest", 0, false), LINK("Most downloaded", 0, false)),
        .healths = LIST(LinkItem, LINK("All of them", 0, true), LINK("At risk", 0, false)),
        .next = url_path(STR("/en/browse/music?cursor=x"))};
    page.layout.feed = url_path(STR("/en/browse/music.rss"));
    gallery_begin(g);
    view_browse(&g->out, &page);
    gallery_finish(g, "browse");
    page.rows.count = 0;
    gallery_begin(g);
    view_browse(&g->out, &page);
    gallery_finish(g, "browse_empty");
}

static void search(Gallery *g) {
    SearchPage page = {
        .layout = gallery_layout(g, "Search", "browse", NULL),
        .q = {.value = STR("fantine")},
        .categories = category_choices(g->arena, STR("audiobooks"), "Every category"),
        .licences = LIST(Choice, {STR(""), STR("Any licence"), true},
                         {STR("CC0-1.0"), STR("CC0-1.0"), false}),
        .languages = work_language_choices(g->arena, STR("fr")),
        .healths = health_choices(g->arena, STR("at_risk")),
        .sorts = LIST(Choice, {STR("relevance"), STR("Relevance"), true},
                      {STR("newest"), STR("Newest"), false}),
        .category_facet = LIST(LinkItem, LINK("Audiobooks", 3, true), LINK("Books", 12, false),
                               LINK("Video", 1, false)),
        .licence_facet =
            LIST(LinkItem, LINK("CC-PDM-1.0", 11, false), LINK("CC-BY-NC-SA-4.0", 5, false)),
        .language_facet = LIST(LinkItem, LINK("French", 14, false), LINK("English", 2, false)),
        .may_facet = LIST(LinkItem, LINK("Share it", 16, false), LINK("Change it", 16, false)),
        .health_facet = LIST(LinkItem, LINK("Alive", 9, false), LINK("At risk", 7, false)),
        .year_facet = LIST(LinkItem, LINK("2026", 3, false), LINK("2025", 13, false)),
        .mays = LIST(Choice, {STR(""), STR("Any"), true}),
        .filters = LIST(LinkItem, LINK("CC-PDM-1.0", 0, true), LINK("100 MiB …", 0, true)),
        .rows = gallery_rows(g, 0, 4, true),
        .total = 1204,
        .asked = true,
        .next = url_path(STR("/en/search?q=fantine&cursor=x")),
        .first = url_path(STR("/en/search?q=fantine")),
    };
    page.layout.query = STR("fantine");
    gallery_begin(g);
    view_search(&g->out, &page);
    gallery_finish(g, "search");
    page.rows.count = 0;
    page.next = page.first = (Url){0};
    page.notes = LIST(Str, STR("There is no field “categry”."));
    page.read_as = STR("\"categry:books\" fantine");
    page.corrections = LIST(LinkItem, LINK("category:books fantine", 0, false));
    page.more_open = true;
    page.min_size =
        (Field){STR("ten"), language_translate(g->language, STR("Something is not right yet"))};
    page.category_facet.count = page.licence_facet.count = page.language_facet.count = 0;
    gallery_begin(g);
    view_search(&g->out, &page);
    gallery_finish(g, "search_empty");
}

static TreeNodes files(Gallery *g, size_t count) {
    TreeFile *list = arena_new(g->arena, TreeFile, count + 4);
    size_t used = 0;
    list[used++] = (TreeFile){STR("work/README.txt"), 4213};
    list[used++] = (TreeFile){STR("work/LICENCE"), 35147};
    list[used++] = (TreeFile){STR("work/images/cover.jpg"), 812345};
    for (size_t i = 0; i < count; i++)
        list[used++] = (TreeFile){
            arena_print(g->arena, "work/%c%02zu/track_%05zu.flac", 'a' + (int)(i % 5), i / 40, i),
            31457280 + i};
    return file_tree_build(g->arena, list, used, 0);
}

static const char description[] =
    "Les nocturnes complets de Chopin, enregistrés par **des musiciens qui les ont donnés** au "
    "domaine public.\n\n"
    "## What is inside\n\n- FLAC, 24 bit, 96 kHz\n- MP3 for small devices\n- the scores as PDF\n\n"
    "> “Simplicity is the final achievement.”\n\nSee [Musopen](https://musopen.org/) or verify:\n\n"
    "    sha256sum -c SHA256SUMS\n\n<script>alert(1)</script>\n";

static Str attribution(Gallery *g) {
    HtmlWriter markup = html_writer(g->arena, g->language, NOW);
    LicenceItem licence = licence_item(licence_find(STR("CC-BY-SA-4.0")));
    view_attribution(&markup, STR("Nocturnes <complete>"), STR("Frédéric Chopin; Musopen"),
                     url_web(STR("https://musopen.org/music/2-nocturnes/?a=1&b=2")), &licence);
    return html_str(&markup);
}

static ForeignItems foreign(Gallery *g) {
    return LIST(ForeignItem,
                {.tracker = STR("udp://tracker.example:1337/announce"),
                 .counted = true,
                 .seeders = 12,
                 .leechers = 1,
                 .checked_at = NOW - 1500,
                 .tried_at = NOW - 1500},
                {.tracker = STR("https://quiet.example/announce"),
                 .counted = true,
                 .seeders = 1,
                 .checked_at = NOW - 90000,
                 .trouble = STR("does not answer"),
                 .tried_at = NOW - 3000},
                {.tracker = STR("http://192.168.1.4:6969/announce"),
                 .trouble = STR("not asked: on a private network"),
                 .tried_at = NOW - 3000});
}

static LinkItems tags_of(Gallery *g) {
    return LIST(LinkItem, LINK("piano", 0, false), LINK("romantic", 0, false),
                LINK("flac", 0, false));
}

static HistoryItems past(Gallery *g) {
    return LIST(
        HistoryItem, {.at = NOW - 86400 * 3, .actor = STR("yann"), .what = STR("published")},
        {.at = NOW - 3600, .actor = STR("yann"), .what = STR("edited"), .detail = STR("title")});
}

static TorrentPage work(Gallery *g, const char *member, size_t file_count) {
    TorrentPage page = {
        .layout = gallery_layout(g, "Musopen: Chopin, complete nocturnes", "browse", member),
        .id = 8,
        .row = gallery_row(g, 7, false),
        .author = STR("Frédéric Chopin; Musopen"),
        .source = STR("https://musopen.org/music/2-nocturnes/"),
        .source_url = url_web(STR("https://musopen.org/music/2-nocturnes/")),
        .language_label = STR("French"),
        .attribution = STR("“Complete nocturnes” by Frédéric Chopin; Musopen, "
                           "https://musopen.org/music/2-nocturnes/, CC0-1.0"),
        .attribution_html = attribution(g),
        .magnet_v1 =
            url_magnet(STR("magnet:?xt=urn:btih:6a9759bffd5c0af65319979fb7832189f4f3c35d")),
        .permalink =
            url_web(STR("https://essaim.example/t/6a9759bffd5c0af65319979fb7832189f4f3c35d")),
        .hash_v1 = STR("6a9759bffd5c0af65319979fb7832189f4f3c35d"),
        .hash_v2 = STR("2f18e1b9a3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e"),
        .piece_bytes = 1048576,
        .pieces = 700,
        .name = STR("chopin-nocturnes"),
        .description = markdown_html(str_from_c(description), g->arena),
        .files = files(g, file_count),
        .files_from = 1,
        .files_to = 500,
        .trackers = {announce_urls, 2},
        .web_seeds =
            LIST(AddressItem,
                 {.label = STR("https://mirror.example/chopin/"),
                  .link = url_web(STR("https://mirror.example/chopin/")),
                  .state = STR("answers, and is right"),
                  .is_fine = true,
                  .checked_at = NOW - 7200},
                 {.label = STR("http://gone.example/a-rather-long-path/to/chopin/"),
                  .link = url_web(STR("http://gone.example/a-rather-long-path/to/chopin/")),
                  .state = STR("not there any more"),
                  .checked_at = NOW - 86400}),
        .seeds_probed = true,
        .foreign = foreign(g),
        .foreign_trackers = 2,
        .foreign_seeders = 12,
        .foreign_leechers = 1,
        .knocked = 9,
        .reachable = 7,
        .knocked_at = NOW - 600,
        .history = past(g),
        .host = STR("noor"),
        .hosts = LIST(Str, {"yann", 4}),
        .hosts_unnamed = 3,
        .is_keyed = member != NULL,
        .health = health_gallery_work(g->arena, NOW),
        .changed_at = NOW - 3600,
        .state_at = NOW - 7200,
    };
    page.tags = tags_of(g);
    page.row.files = file_count + 3;
    page.may_edit = member != NULL;
    return page;
}

static void torrent(Gallery *g) {
    TorrentPage page = work(g, "yann", 39);
    gallery_begin(g);
    view_torrent(&g->out, &page);
    gallery_finish(g, "torrent");
    page = work(g, "noor", 100000);
    page.health = (TorrentHealthView){0};
    page.row = gallery_row(g, 3, false);
    page.row.files = 100003;
    page.row.state = STR("quarantined");
    page.may_moderate = true;
    page.description = (Html){0};
    page.web_seeds.count = page.trackers.count = page.tags.count = page.history.count = 0;
    page.seeds_probed = false;
    page.foreign.count = page.foreign_trackers = page.knocked = 0;
    page.files_next = url_path(STR("/en/torrent/4/files/2"));
    gallery_begin(g);
    view_torrent(&g->out, &page);
    gallery_finish(g, "torrent_large");
    page = work(g, NULL, 0);
    page.row.state = STR("removed");
    page.row.magnet = page.row.file = page.magnet_v1 = (Url){0};
    page.row.counted_at = 0;
    page.files.count = 0;
    page.state_reason = STR("It is not what it says");
    page.state_note = STR("The archive holds another recording than the one named.");
    gallery_begin(g);
    view_torrent(&g->out, &page);
    gallery_finish(g, "torrent_removed");
    TorrentFilesPage more = {.layout = gallery_layout(g, "Files", "browse", NULL),
                             .id = 4,
                             .title = STR("OpenStreetMap"),
                             .link = url_path(STR("/en/torrent/4/map")),
                             .files = 100003,
                             .files_from = 1,
                             .files_to = 500,
                             .tree = files(g, 100000),
                             .next = url_path(STR("/en/torrent/4/files/2"))};
    gallery_begin(g);
    view_torrent_files(&g->out, &more);
    gallery_finish(g, "torrent_files");
}

static WorkFields fields(Gallery *g, bool faulty) {
    Str fault =
        faulty ? language_translate(g->language, STR("Something is not right yet")) : (Str){0};
    return (WorkFields){.title = {STR("Big Buck Bunny"), (Str){0}},
                        .description = {STR("A short film.\n\n**Free** for all."), (Str){0}},
                        .category = {STR("video"), (Str){0}},
                        .tags = {STR("film, blender"), (Str){0}},
                        .author = {(Str){0}, fault},
                        .license = {(Str){0}, fault},
                        .source_url = {STR("ftp:"), fault},
                        .categories = category_choices(g->arena, STR("video"), "Choose a category"),
                        .languages = work_language_choices(g->arena, STR("")),
                        .licences = licence_groups(g->arena, STR("CC-BY-3.0"))};
}

static void uploads(Gallery *g) {
    UploadPage page = {.layout = gallery_layout(g, "Publish a work", "upload", "lucie"),
                       .work = fields(g, false),
                       .announce_urls = {announce_urls, 2},
                       .waits_for_review = true};
    page.work.licences = licence_groups(g->arena, STR(""));
    gallery_begin(g);
    view_upload(&g->out, &page);
    gallery_finish(g, "upload");
    Str words = language_translate(g->language, STR("Something is not right yet"));
    page.work = fields(g, true);
    page.faults =
        LIST(Fault, {STR("author"), words}, {STR("license"), words}, {STR("source_url"), words});
    page.kept = STR("abcdef");
    page.kept_name = STR("big_buck_bunny_4k");
    page.kept_size_bytes = 672000000;
    page.kept_files = 3;
    page.kept_hash = STR("dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c");
    page.existing = url_path(STR("/en/torrent/2/big-buck-bunny"));
    page.existing_title = STR("Big Buck Bunny");
    gallery_begin(g);
    view_upload(&g->out, &page);
    gallery_finish(g, "upload_faults");
    EditPage edit = {.layout = gallery_layout(g, "Edit", "", "lucie"),
                     .id = 2,
                     .link = url_path(STR("/en/torrent/2/big-buck-bunny")),
                     .name = STR("Big Buck Bunny"),
                     .work = fields(g, false)};
    gallery_begin(g);
    view_edit(&g->out, &edit);
    gallery_finish(g, "edit");
    WithdrawPage withdraw = {.layout = gallery_layout(g, "Withdraw this work?", "", "lucie"),
                             .link = edit.link,
                             .title = edit.name};
    gallery_begin(g);
    view_withdraw(&g->out, &withdraw);
    gallery_finish(g, "withdraw");
}

static void moderators(Gallery *g) {
    ModerationPage page = {.layout = gallery_layout(g, "Works that wait", "moderation", "noor"),
                           .rows = gallery_rows(g, 1, 3, false),
                           .total = 3};
    gallery_begin(g);
    view_moderation(&g->out, &page);
    gallery_finish(g, "moderation");
    page.rows.count = 0;
    gallery_begin(g);
    view_moderation(&g->out, &page);
    gallery_finish(g, "moderation_empty");
    RemovePage remove = {.layout = gallery_layout(g, "Remove this work?", "", "noor"),
                         .link = url_path(STR("/en/torrent/2/x")),
                         .title = STR("Big Buck Bunny"),
                         .reasons = removal_reasons(g->arena, STR("fake"))};
    gallery_begin(g);
    view_remove(&g->out, &remove);
    gallery_finish(g, "remove");
}

static void people(Gallery *g) {
    MemberPage member = {.layout = gallery_layout(g, "lucie", "member", "lucie"),
                         .name = STR("lucie"),
                         .role = STR("trusted"),
                         .joined_at = NOW - 86400 * 400,
                         .works = 2,
                         .rows = gallery_rows(g, 1, 2, false),
                         .own = true};
    gallery_begin(g);
    view_member(&g->out, &member);
    gallery_finish(g, "member");
    Str words = language_translate(g->language, STR("Something is not right yet"));
    RegisterPage joining = {.layout = gallery_layout(g, "Join", "register", NULL),
                            .name = {STR("lucie"), words},
                            .faults = LIST(Fault, {STR("name"), words})};
    gallery_begin(g);
    view_register(&g->out, &joining);
    gallery_finish(g, "register");
    LoginPage login = {.layout = gallery_layout(g, "Sign in", "login", NULL),
                       .next = STR("/en/upload")};
    gallery_begin(g);
    view_login(&g->out, &login);
    gallery_finish(g, "login");
    SetupPage setup = {.layout = gallery_layout(g, "Welcome to your new site", "", NULL),
                       .action = url_path(STR("/en/setup/abc"))};
    gallery_begin(g);
    view_setup(&g->out, &setup);
    gallery_finish(g, "setup");
    SettingsPage settings = {.layout = gallery_layout(g, "Settings", "settings", "noor"),
                             .languages = site_language_choices(g->arena, STR("en")),
                             .themes = theme_choices(g->arena, STR("auto")),
                             .new_token = STR("4kJ2l9s8Wq0ZxTjv5M3bQe7RrYuNnHhCcAaPpLlKkJj"),
                             .tokens = LIST(SessionItem, {.id = 1,
                                                          .label = STR("nightly uploads"),
                                                          .scopes = STR("read upload"),
                                                          .created_at = NOW - 86400 * 30,
                                                          .used_at = NOW - 3000}),
                             .sessions = LIST(SessionItem,
                                              {.id = 1,
                                               .label = STR("Firefox on Linux"),
                                               .created_at = NOW - 86400,
                                               .used_at = NOW,
                                               .current = true},
                                              {.id = 2,
                                               .label = STR("Chrome on Android"),
                                               .created_at = NOW - 86400 * 9,
                                               .used_at = NOW - 86400})};
    settings.has_announce_key = settings.announce_named = true;
    settings.announce_made_at = NOW - 86400 * 2;
    settings.announce_urls = (Strs){keyed_urls, 2};
    settings.may_test_port = true;
    settings.address = STR("192.0.2.7");
    settings.port.value = STR("51413");
    settings.port_state = STR("closed");
    settings.layout.message = language_translate(g->language, STR("Copied."));
    gallery_begin(g);
    view_settings(&g->out, &settings);
    gallery_finish(g, "settings");
}

static void words(Gallery *g) {
    AboutPage about = {.layout = gallery_layout(g, "What this place is", "about", NULL),
                       .works = 4837,
                       .seeders = 21390,
                       .completed = 390122,
                       .members = 1,
                       .health_rules = health_rules(g->arena),
                       .announce_urls = {announce_urls, 2}};
    gallery_begin(g);
    view_about(&g->out, &about);
    gallery_finish(g, "about");
    LicencesPage licence_page = {.layout = gallery_layout(g, "Licences in plain words", "", NULL),
                                 .groups = licence_groups(g->arena, STR(""))};
    gallery_begin(g);
    view_licences(&g->out, &licence_page);
    gallery_finish(g, "licences");
    static const int statuses[] = {400, 401, 403, 404, 405, 409, 410, 413,
                                   415, 421, 422, 429, 451, 500, 503};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        ErrorPage page = {.layout = gallery_layout(g, NULL, "", NULL),
                          .status = statuses[i],
                          .request_id = STR("7f3a-19c2-04"),
                          .retry_s = statuses[i] == 429 ? 12 : 0};
        if (statuses[i] == 401) page.sign_in = url_path(STR("/en/login?next=%2Fen%2Fupload"));
        gallery_begin(g);
        view_error(&g->out, &page);
        gallery_finish(g, arena_print(g->arena, "error_%d", statuses[i]).at);
    }
}

static void statistics(Gallery *g) {
    TorrentLifePage life = {.layout = gallery_layout(g, "All its life", "browse", NULL),
                            .row = gallery_row(g, 7, false),
                            .charts = health_gallery_life(g->arena, NOW)};
    gallery_begin(g);
    view_torrent_life(&g->out, &life);
    gallery_finish(g, "torrent_life");
    StatisticsPage page = health_gallery_site(g->arena, NOW);
    page.layout = gallery_layout(g, "Statistics", "about", NULL);
    gallery_begin(g);
    view_statistics(&g->out, &page);
    gallery_finish(g, "statistics");
    StatisticsPage empty = {.layout = gallery_layout(g, "Statistics", "about", NULL)};
    gallery_begin(g);
    view_statistics(&g->out, &empty);
    gallery_finish(g, "statistics_empty");
}

static void save_assets(Gallery *g) {
    mkdir(arena_print(g->arena, "%s/assets", g->folder).at, 0755);
    for (size_t i = 0; i < site_assets_count; i++) {
        FILE *file = fopen(arena_print(g->arena, "%s%s", g->folder, site_assets[i].path).at, "wb");
        if (!file || fwrite(site_assets[i].plain.at, 1, site_assets[i].plain.len, file) !=
                         site_assets[i].plain.len)
            exit(1);
        if (fclose(file) != 0) exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    mkdir(argv[1], 0755);
    Arena arena = arena_create((size_t)1024 * MIB);
    Gallery g = {.arena = &arena, .folder = argv[1], .theme = argc > 2 ? argv[2] : ""};
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        g.language = (Language)i;
        void (*const rooms[])(Gallery *) = {home,       browse, search, torrent,   uploads,
                                            moderators, people, words,  statistics};
        for (size_t room = 0; room < sizeof rooms / sizeof *rooms; room++) rooms[room](&g);
    }
    save_assets(&g);
    arena_free(&arena);
    return 0;
}
