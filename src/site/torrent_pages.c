#include "site/torrent_pages.h"

#include "base/encode.h"
#include "community/claim.h"
#include "community/member_key.h"
#include "community/permission.h"
#include "community/tag.h"
#include "community/thank.h"
#include "site/collection_view.h"
#include "site/file_tree.h"
#include "site/health.h"
#include "site/series_view.h"
#include "site/torrent_row.h"

static Error find_torrent(const Request *request, Torrent *ret_torrent) {
    return torrent_find(page_visit(request), page_id(request), ret_torrent);
}

static LinkItems tag_links(const Request *request, const Torrent *torrent) {
    LinkItem *items = arena_new(request->arena, LinkItem, torrent->tag_count);
    for (size_t i = 0; i < torrent->tag_count; i++) {
        Str path = tag_path(page_visit(request), request->language, torrent->tags[i]);
        items[i] = (LinkItem){.label = torrent->tags[i], .link = url_path(path)};
    }
    return (LinkItems){items, torrent->tag_count};
}

static AddressItems web_seed_items(Arena *arena, const TorrentContents *contents,
                                   const Claims *claims) {
    AddressItem *items = arena_new(arena, AddressItem, contents->web_seed_count);
    for (size_t i = 0; i < contents->web_seed_count; i++) {
        Str url = contents->web_seeds[i];
        const SeedClaim *claim = claim_of_seed(claims, url);
        items[i] = (AddressItem){.label = url, .link = url_web(url)};
        if (!claim) continue;
        items[i].state = claim_words(claim->outcome);
        items[i].is_fine = claim_is_fine(claim->outcome);
        items[i].checked_at = claim->checked_at;
    }
    return (AddressItems){items, contents->web_seed_count};
}

static ForeignItems foreign_items(Arena *arena, const Claims *claims) {
    ForeignItem *items = arena_new(arena, ForeignItem, claims->foreign_count);
    for (size_t i = 0; i < claims->foreign_count; i++) {
        const ForeignClaim *claim = &claims->foreign[i];
        items[i] = (ForeignItem){.tracker = claim->tracker,
                                 .counted = claim->checked_at > 0,
                                 .seeders = claim->seeders,
                                 .leechers = claim->leechers,
                                 .checked_at = claim->checked_at,
                                 .tried_at = claim->tried_at};
        if (!claim_is_fine(claim->outcome)) items[i].trouble = claim_words(claim->outcome);
    }
    return (ForeignItems){items, claims->foreign_count};
}

/* What others say of where it lives. */
static Error fill_claims(const Request *request, int64_t id, const TorrentContents *contents,
                         TorrentPage *page) {
    Claims claims;
    TRY(claim_list(page_visit(request), id, &claims));
    ForeignMost most = claim_most(&claims, request->now);
    page->web_seeds = web_seed_items(request->arena, contents, &claims);
    page->seeds_probed = claims.seed_count > 0;
    page->foreign = foreign_items(request->arena, &claims);
    page->foreign_trackers = most.trackers;
    page->foreign_seeders = most.seeders;
    page->foreign_leechers = most.leechers;
    page->knocked = claims.probed;
    page->reachable = claims.reachable;
    page->knocked_at = claims.probed_at;
    return OK;
}

static Error history_items(const Request *request, int64_t id, HistoryItems *ret_items) {
    TorrentEvent *events;
    size_t count;
    TRY(torrent_history(page_visit(request), id, &events, &count));
    HistoryItem *items = arena_new(request->arena, HistoryItem, count);
    for (size_t i = 0; i < count; i++)
        items[i] = (HistoryItem){events[i].at, events[i].actor, events[i].what, events[i].detail};
    *ret_items = (HistoryItems){items, count};
    return OK;
}

/* One page of the tree, with the addresses of its neighbours. */
typedef struct {
    TreeNodes nodes;
    uint64_t from, to; /* counted from 1 */
    Url next, previous;
} TreePage;

static Url tree_page_link(const Request *request, int64_t id, uint64_t number) {
    return url_path(arena_print(request->arena, "/%s/torrent/%lld/files/%llu",
                                language_code(request->language), (long long)id,
                                (unsigned long long)number));
}

/* `number` counts pages from 1. */
static TreePage tree_page(const Request *request, int64_t id, const TorrentContents *contents,
                          uint64_t number) {
    TreeFile *files = arena_new(request->arena, TreeFile, contents->file_count);
    for (size_t i = 0; i < contents->file_count; i++)
        files[i] = (TreeFile){contents->files[i].path, contents->files[i].size_bytes};
    size_t from = (size_t)(number - 1) * FILE_TREE_PAGE;
    TreePage page = {.nodes = file_tree_build(request->arena, files, contents->file_count, from)};
    size_t to =
        from + FILE_TREE_PAGE < contents->file_count ? from + FILE_TREE_PAGE : contents->file_count;
    page.from = from + (contents->file_count > 0);
    page.to = to;
    if (to < contents->file_count) page.next = tree_page_link(request, id, number + 1);
    if (number > 1) page.previous = tree_page_link(request, id, number - 1);
    return page;
}

/* The words and numbers of the work itself. */
static void fill_torrent(const Request *request, const Torrent *torrent, TorrentPage *page) {
    Visit *visit = page_visit(request);
    Arena *arena = request->arena;
    page->id = torrent->id;
    page->row = torrent_row(request, torrent);
    page->author = torrent->author;
    page->source = torrent->source_url;
    page->source_url = url_web(torrent->source_url);
    page->language = torrent->language;
    if (torrent->language.len) page->language_label = work_language_name(torrent->language);
    page->tags = tag_links(request, torrent);
    page->magnet_v1 = url_magnet(torrent_magnet_v1(visit, torrent));
    page->permalink = url_web(torrent_permalink(visit, torrent));
    page->hash_v1 = infohash_v1_hex(&torrent->hash, arena);
    page->hash_v2 = infohash_v2_hex(&torrent->hash, arena);
    page->piece_bytes = torrent->piece_length;
    if (torrent->piece_length)
        page->pieces = (torrent->size_bytes + torrent->piece_length - 1) / torrent->piece_length;
    page->name = torrent->name;
    page->description = markdown_html(torrent->description, arena);
    page->changed_at = torrent->changed_at;
    page->state_reason = removal_reason_words(torrent->state_reason);
    page->state_note = torrent->state_note;
    page->state_at = torrent->state_at;
    page->may_edit = !failed(permission_edit(visit, torrent->uploader_id));
    page->may_moderate = !failed(permission_role(visit, ROLE_MODERATOR));
    if (!torrent->licence) return;
    page->attribution = licence_attribution(torrent->licence, torrent->title, torrent->author,
                                            torrent->source_url, arena);
    HtmlWriter markup = page_writer(request);
    view_attribution(&markup, torrent->title, torrent->author, page->source_url,
                     &page->row.licence);
    page->attribution_html = html_str(&markup);
}

static bool is_gone(const Torrent *torrent) {
    return torrent->state == TORRENT_WITHDRAWN || torrent->state == TORRENT_REMOVED;
}

/* What a work that is gone leaves behind is a page that says so: 410, or 451 where the law asked
 * (RFC 7725). */
static int gone_status(const Torrent *torrent) {
    bool law = str_equal(torrent->state_reason, STR("rights")) ||
               str_equal(torrent->state_reason, STR("illegal"));
    return torrent->state == TORRENT_REMOVED && law ? 451 : 410;
}

static Error fill_health(const Request *request, const Torrent *torrent, TorrentPage *page) {
    page->health = (TorrentHealthView){
        .seeders_v6 = torrent->seeders_v6,
        .leechers_v6 = torrent->leechers_v6,
        .seeders_web = torrent->seeders_web,
        .leechers_web = torrent->leechers_web,
        .has_families = torrent->seeders_v6 || torrent->leechers_v6 || torrent->seeders_web ||
                        torrent->leechers_web,
        .first_seeder_at = torrent->first_seeder_at,
        .last_seeder_at = torrent->last_seeder_at,
    };
    return health_chart_hours(page_visit(request), torrent, &page->health.hours);
}

static Error fill_contents(const Request *request, const Torrent *torrent, TorrentPage *page) {
    Visit *visit = page_visit(request);
    TorrentContents contents;
    TRY(torrent_contents(visit, torrent, &contents));
    TreePage tree = tree_page(request, torrent->id, &contents, 1);
    page->files = tree.nodes;
    page->files_from = tree.from;
    page->files_to = tree.to;
    page->files_next = tree.next;
    page->files_previous = tree.previous;
    page->trackers = (Strs){contents.trackers, contents.tracker_count};
    TorrentHosts hosts;
    TRY(member_key_hosts(visit, torrent, &hosts));
    if (hosts.count) {
        page->host = hosts.names[0];
        page->hosts = (Strs){hosts.names + 1, hosts.count - 1};
    }
    page->hosts_unnamed = hosts.unnamed;
    page->is_keyed = visit->viewer.announce_salt.len > 0;
    SameFiles same;
    TRY(file_key_match(visit, contents.files, contents.file_count, torrent->id, &same));
    page->same = series_view_same(request, &same);
    return fill_claims(request, torrent->id, &contents, page);
}

/* What search engines and shared links show under the title. */
static Str summary(Arena *arena, const Torrent *torrent) {
    return arena_print(arena, "%.*s · %.*s · %s", STR_PRINTF(torrent->title),
                       STR_PRINTF(torrent->author), torrent->licence->id);
}

static Error fill_thanks(const Request *request, const Torrent *torrent, TorrentPage *page) {
    Visit *visit = page_visit(request);
    TRY(thank_find(visit, torrent->id, &page->has_thanked));
    page->may_thank = visit->viewer.member_id && visit->viewer.member_id != torrent->uploader_id;
    UrlPair next = {STR("next"), request->path};
    if (!visit->viewer.member_id)
        page->thank_sign_in = url_query(request->arena, page_path(request, "/login"), &next, 1);
    return OK;
}

Error page_torrent(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Torrent torrent;
    TRY(find_torrent(request, &torrent));
    Str path = torrent_path(visit, request->language, &torrent);
    if (!str_equal(path, request->path)) {
        response_redirect_permanent(response, path);
        return OK;
    }
    TorrentPage page = {.layout = page_layout(request, torrent.title, "browse")};
    fill_torrent(request, &torrent, &page);
    page.layout.canonical =
        url_web(arena_print(request->arena, "%.*s%.*s",
                            STR_PRINTF(visit->community->settings->site_url), STR_PRINTF(path)));
    page.layout.description = summary(request->arena, &torrent);
    TRY(history_items(request, torrent.id, &page.history));
    if (is_gone(&torrent)) {
        response->status = gone_status(&torrent);
        page.layout.private_page = true;
        if (page.history.count) page.state_actor = page.history.at[page.history.count - 1].actor;
    } else {
        TRY(fill_contents(request, &torrent, &page));
        TRY(fill_health(request, &torrent, &page));
        TRY(collection_view_of_work(request, &torrent, &page.collections));
        TRY(fill_thanks(request, &torrent, &page));
        TRY(series_view_of_work(request, &torrent, &page.edition));
    }
    HtmlWriter writer = page_writer(request);
    view_torrent(&writer, &page);
    return page_answer(response, &writer);
}

Error page_torrent_life(Request *request, Response *response) {
    Torrent torrent;
    TRY(find_torrent(request, &torrent));
    if (is_gone(&torrent)) {
        response_redirect(response, torrent_path(page_visit(request), request->language, &torrent));
        return OK;
    }
    TorrentLifePage page = {.layout = page_layout(request, torrent.title, "browse"),
                            .row = torrent_row(request, &torrent)};
    page.layout.private_page = true;
    TRY(health_chart_life(page_visit(request), &torrent, &page.charts));
    HtmlWriter writer = page_writer(request);
    view_torrent_life(&writer, &page);
    return page_answer(response, &writer);
}

Error page_torrent_files(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Torrent torrent;
    uint64_t number;
    TRY(find_torrent(request, &torrent));
    TorrentContents contents;
    TRY(torrent_contents(visit, &torrent, &contents));
    uint64_t pages = (contents.file_count + FILE_TREE_PAGE - 1) / FILE_TREE_PAGE;
    if (!str_to_u64(request_value(request, "page"), &number) || number < 1 || number > pages)
        return error(NOT_FOUND, "no_such_page", "This work has no such page of files.");
    TreePage tree = tree_page(request, torrent.id, &contents, number);
    TorrentFilesPage page = {
        .layout = page_layout(request, torrent.title, "browse"),
        .id = torrent.id,
        .title = torrent.title,
        .link = url_path(torrent_path(visit, request->language, &torrent)),
        .files = contents.file_count,
        .files_from = tree.from,
        .files_to = tree.to,
        .tree = tree.nodes,
        .next = tree.next,
        .previous = tree.previous,
    };
    page.layout.private_page = true;
    HtmlWriter writer = page_writer(request);
    view_torrent_files(&writer, &page);
    return page_answer(response, &writer);
}

/* Quotes and controls out of the plain form; the exact name follows in RFC 8187's form. */
static Str disposition(Arena *arena, Str name) {
    Text plain = text_create(arena, 1024), exact = text_create(arena, 8192);
    for (size_t i = 0; i < name.len && plain.len < 200; i++) {
        unsigned char c = (unsigned char)name.at[i];
        text_add_byte(&plain, c >= ' ' && c < 0x7f && c != '"' && c != '\\' ? (char)c : '_');
    }
    percent_write(&exact, name);
    return arena_print(arena, "attachment; filename=\"%.*s\"; filename*=UTF-8''%.*s",
                       STR_PRINTF(text_str(&plain)), STR_PRINTF(text_str(&exact)));
}

Error torrent_pages_file(Request *request, Response *response, const Torrent *torrent) {
    Str bytes, name;
    TRY(torrent_file(page_visit(request), torrent, &bytes, &name));
    response_header(response, STR("Content-Disposition"), disposition(request->arena, name));
    response_body(response, STR("application/x-bittorrent"), bytes);
    return OK;
}

/* "/t/{infohash}" leads to the page, "/t/{infohash}.torrent" is the file. */
Error page_permalink(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Str text = request_value(request, "infohash");
    bool wants_file = str_ends(text, STR(".torrent"));
    if (wants_file) text.len -= strlen(".torrent");
    InfoHash hash;
    Torrent torrent;
    if (!infohash_parse(text, &hash))
        return error(NOT_FOUND, "not_a_hash", "This is not an info-hash.");
    TRY(torrent_by_hash(visit, &hash, &torrent));
    if (wants_file) return torrent_pages_file(request, response, &torrent);
    response_redirect(response, torrent_path(visit, request->language, &torrent));
    return OK;
}
