#include "api/feed.h"

#include "api/xml.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"

enum { TTL_MINUTES = 15, MAX_AGE_S = 300, ETAG_BYTES = 12, DATE_SPREAD_S = 3600, TAIL_BYTES = 64 };

typedef struct {
    const Request *request;
    const Feed *feed;
    const uint64_t *file_bytes; /* of each work's .torrent */
    Text *text;
    Seconds built_at; /* 0: there is nothing to date it by */
} Writer;

static bool is_atom(const Request *request) { return str_ends(request->path, STR(".atom")); }

bool feed_is_asked(const Request *request) {
    return is_atom(request) || str_ends(request->path, STR(".rss"));
}

Str feed_words(const Request *request, const char *english) {
    return language_translate(request->language, str_from_c(english));
}

static const CommunitySettings *settings_of(const Request *request) {
    const Visit *visit = request->viewer;
    return visit->community->settings;
}

static Str absolute(const Request *request, Str path) {
    return arena_print(request->arena, "%.*s%.*s", STR_PRINTF(settings_of(request)->site_url),
                       STR_PRINTF(path));
}

Str feed_page_of(const Request *request) {
    Text page = text_create(request->arena, HTTP_TARGET_BYTES_MAX * 4);
    Str target = str_part(request->target, 0, str_find_byte(request->target, '?'));
    char mark = '?';
    text_add(&page, str_part(target, 0, target.len - (is_atom(request) ? 5 : 4)));
    const FormField *fields = request->form ? request->form->kind->fields : NULL;
    for (const FormField *field = fields; field && field->name; field++) {
        Str value = form_text(request->form, field->name);
        if (value.len == 0 || strcmp(field->name, "cursor") == 0) continue;
        text_add_byte(&page, mark);
        text_print(&page, "%s=", field->name);
        percent_write(&page, value);
        mark = '&';
    }
    return text_str(&page);
}

/* Of the newest as lists have them; the oldest edit counts as much as the youngest work. */
Seconds feed_newest(const Torrent *works, size_t count) {
    Seconds at = 0;
    for (size_t i = 0; i < count; i++) {
        if (works[i].changed_at > at) at = works[i].changed_at;
        if (works[i].published_at > at) at = works[i].published_at;
    }
    return at;
}

static bool is_there(const Torrent *torrent) {
    return torrent->state == TORRENT_VISIBLE || torrent->state == TORRENT_QUARANTINED;
}

static Str feed_title(const Request *request, const Feed *feed) {
    return arena_print(request->arena, "%.*s · %.*s", STR_PRINTF(feed->title),
                       STR_PRINTF(settings_of(request)->site_name));
}

/* --- one entry --- */

static Str note_of(const Writer *w, size_t i) {
    return w->feed->notes ? w->feed->notes[i] : (Str){0};
}

/* "A note. Books · CC-BY-4.0 · Jane Doe": lists come without their descriptions. */
static Str entry_words(const Writer *w, size_t i) {
    const Torrent *torrent = &w->feed->works[i];
    Text words = text_create(w->request->arena, NOTE_BYTES_MAX * 2);
    Str note = note_of(w, i);
    text_add(&words, note);
    if (note.len) text_add_byte(&words, '\n');
    if (torrent->category) text_add(&words, feed_words(w->request, torrent->category->name));
    if (torrent->licence) text_print(&words, " · %s", torrent->licence->id);
    if (torrent->author.len) text_print(&words, " · %.*s", STR_PRINTF(torrent->author));
    return text_str(&words);
}

static void write_number(Text *text, const char *name, uint64_t number) {
    text_print(text, "<%s>%llu</%s>\n", name, (unsigned long long)number, name);
}

/* As ezrss has them, which is what clients read. */
static void write_torrent_fields(const Writer *w, const Torrent *torrent) {
    Visit *visit = w->request->viewer;
    Str hash = torrent->hash.has_v1 ? infohash_v1_hex(&torrent->hash, visit->arena)
                                    : infohash_v2_hex(&torrent->hash, visit->arena);
    xml_write_element(w->text, "torrent:fileName",
                      arena_print(visit->arena, "%.*s.torrent", STR_PRINTF(torrent->name)));
    write_number(w->text, "torrent:contentLength", torrent->size_bytes);
    xml_write_element(w->text, "torrent:infoHash", hash);
    xml_write_element(w->text, "torrent:magnetURI", torrent_magnet(visit, torrent));
    write_number(w->text, "torrent:seeds", torrent->seeders);
    write_number(w->text, "torrent:peers", (uint64_t)torrent->seeders + torrent->leechers);
    write_number(w->text, "torrent:verified", torrent->state == TORRENT_VISIBLE);
}

static Str page_address(const Writer *w, const Torrent *torrent) {
    return absolute(w->request, torrent_path(w->request->viewer, w->request->language, torrent));
}

/* The magnet where nobody has brought the file: clients take either. */
static Str file_address(const Writer *w, const Torrent *torrent) {
    if (!torrent->has_file) return torrent_magnet(w->request->viewer, torrent);
    return arena_print(w->request->arena, "%.*s.torrent",
                       STR_PRINTF(torrent_permalink(w->request->viewer, torrent)));
}

static void write_file_length(const Writer *w, size_t i) {
    text_print(w->text, " length=\"%llu\" type=\"application/x-bittorrent\"/>\n",
               (unsigned long long)w->file_bytes[i]);
}

/* No element in an item may have the local name of one of RSS's own: clients mistake it for that.
 */
static void write_item(const Writer *w, size_t i) {
    const Torrent *torrent = &w->feed->works[i];
    Text *text = w->text;
    text_add(text, STR("<item>\n"));
    xml_write_element(text, "title", torrent->title);
    xml_write_element(text, "link", page_address(w, torrent));
    text_add(text, STR("<guid isPermaLink=\"true\">"));
    xml_write_text(text, torrent_permalink(w->request->viewer, torrent));
    text_add(text, STR("</guid>\n"));
    xml_write_element(text, "description", entry_words(w, i));
    xml_write_element(text, "pubDate", clock_http_date(w->request->arena, torrent->published_at));
    if (torrent->category)
        xml_write_element(text, "category", feed_words(w->request, torrent->category->name));
    xml_write_element(text, "dc:creator", torrent->uploader);
    text_add(text, STR("<enclosure"));
    xml_write_attribute(text, "url", file_address(w, torrent));
    write_file_length(w, i);
    write_torrent_fields(w, torrent);
    text_add(text, STR("</item>\n"));
}

/* The last link is the one a client fetches, so it is the file's. */
static void write_entry(const Writer *w, size_t i) {
    const Torrent *torrent = &w->feed->works[i];
    Text *text = w->text;
    Arena *arena = w->request->arena;
    text_add(text, STR("<entry>\n"));
    xml_write_element(text, "title", torrent->title);
    xml_write_element(text, "id", torrent_permalink(w->request->viewer, torrent));
    Seconds changed_at = feed_newest(torrent, 1);
    xml_write_element(text, "updated", clock_rfc3339(arena, changed_at));
    xml_write_element(text, "published", clock_rfc3339(arena, torrent->published_at));
    text_add(text, STR("<author>"));
    xml_write_element(text, "name", torrent->uploader.len ? torrent->uploader : STR("-"));
    text_add(text, STR("</author>\n"));
    if (torrent->category) {
        text_add(text, STR("<category"));
        xml_write_attribute(text, "term", str_from_c(torrent->category->code));
        xml_write_attribute(text, "label", feed_words(w->request, torrent->category->name));
        text_add(text, STR("/>\n"));
    }
    xml_write_element(text, "summary", entry_words(w, i));
    write_torrent_fields(w, torrent);
    text_add(text, STR("<link rel=\"alternate\" type=\"text/html\""));
    xml_write_attribute(text, "href", page_address(w, torrent));
    text_add(text, STR("/>\n<link rel=\"enclosure\""));
    xml_write_attribute(text, "href", file_address(w, torrent));
    write_file_length(w, i);
    text_add(text, STR("</entry>\n"));
}

/* --- the whole --- */

/* A long list whose words are long ends where its feed is full: better without the last works than
 * not at all. */
static void write_works(const Writer *w, void (*write_work)(const Writer *w, size_t i)) {
    for (size_t i = 0; i < w->feed->count; i++) {
        size_t before = w->text->len;
        if (!is_there(&w->feed->works[i])) continue;
        write_work(w, i);
        if (!w->text->full && w->text->max - w->text->len >= TAIL_BYTES) continue;
        w->text->len = before;
        w->text->full = false;
        return;
    }
}

static void write_link(const Writer *w, const char *start, Str address) {
    text_add(w->text, str_from_c(start));
    xml_write_attribute(w->text, "href", address);
    text_add(w->text, STR("/>\n"));
}

static void write_rss(const Writer *w) {
    const Request *request = w->request;
    const Feed *feed = w->feed;
    Text *text = w->text;
    text_add(text, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<rss version=\"2.0\" xmlns:torrent=\"http://xmlns.ezrss.it/0.1/\""
                       " xmlns:atom=\"http://www.w3.org/2005/Atom\""
                       " xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n"));
    xml_write_element(text, "title", feed_title(request, feed));
    xml_write_element(text, "link", absolute(request, feed->page));
    xml_write_element(text, "description", feed->words.len ? feed->words : feed->title);
    xml_write_element(text, "language", str_from_c(language_code(request->language)));
    if (w->built_at)
        xml_write_element(text, "lastBuildDate", clock_http_date(request->arena, w->built_at));
    text_print(text, "<ttl>%d</ttl>\n", TTL_MINUTES);
    write_link(w, "<atom:link rel=\"self\" type=\"application/rss+xml\"",
               absolute(request, request->target));
    write_works(w, write_item);
    text_add(text, STR("</channel>\n</rss>\n"));
}

static void write_atom(const Writer *w) {
    const Request *request = w->request;
    const Feed *feed = w->feed;
    Text *text = w->text;
    text_print(text,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<feed xmlns=\"http://www.w3.org/2005/Atom\""
               " xmlns:torrent=\"http://xmlns.ezrss.it/0.1/\" xml:lang=\"%s\">\n",
               language_code(request->language));
    xml_write_element(text, "title", feed_title(request, feed));
    xml_write_element(text, "subtitle", feed->words);
    xml_write_element(text, "id", absolute(request, feed->page));
    xml_write_element(text, "updated", clock_rfc3339(request->arena, w->built_at));
    write_link(w, "<link rel=\"self\" type=\"application/atom+xml\"",
               absolute(request, request->target));
    write_link(w, "<link rel=\"alternate\" type=\"text/html\"", absolute(request, feed->page));
    write_works(w, write_entry);
    text_add(text, STR("</feed>\n"));
}

/* Of all that an entry shows but its counts, which change by the minute. */
static void digest_of(const Request *request, const Feed *feed, uint8_t ret_digest[SHA1_BYTES]) {
    Text text = text_create(request->arena, FEED_BYTES_MAX);
    Str site = settings_of(request)->site_url;
    text_print(&text, "%.*s %.*s\n%.*s\n%.*s\n", STR_PRINTF(site), STR_PRINTF(request->target),
               STR_PRINTF(feed_title(request, feed)), STR_PRINTF(feed->words));
    for (size_t i = 0; i < feed->count; i++) {
        const Torrent *torrent = &feed->works[i];
        text_print(&text, "%lld %d %lld %lld ", (long long)torrent->id, (int)torrent->state,
                   (long long)torrent->changed_at, (long long)torrent->published_at);
        if (feed->notes) text_add(&text, feed->notes[i]);
        text_add_byte(&text, '\n');
    }
    sha1(text_str(&text), ret_digest);
}

/* The newest entry's date says nothing of one that left, so it is moved a little by what all the
 * entries are: another list, another date. Back and not forward: no feed is of tomorrow. */
static Seconds built_at(const Feed *feed, const uint8_t digest[SHA1_BYTES]) {
    Seconds newest = feed_newest(feed->works, feed->count);
    if (feed->changed_at > newest) newest = feed->changed_at;
    unsigned moved = (unsigned)digest[0] << 16 | (unsigned)digest[1] << 8 | digest[2];
    return newest ? newest - (Seconds)(moved % DATE_SPREAD_S) : 0;
}

static void add_headers(const Request *request, const Feed *feed, Response *response,
                        const uint8_t digest[SHA1_BYTES]) {
    Arena *arena = request->arena;
    Str tag = base64url_write(arena, digest, ETAG_BYTES);
    if (response->no_store) return;
    response_header(response, STR("ETag"), arena_print(arena, "W/\"%.*s\"", STR_PRINTF(tag)));
    if (feed->changed_at)
        response_header(response, STR("Last-Modified"), clock_http_date(arena, feed->changed_at));
    response_header(response, STR("Cache-Control"),
                    arena_print(arena, "public, max-age=%d", MAX_AGE_S));
}

Error feed_answer(Request *request, Response *response, const Feed *feed) {
    uint64_t *file_bytes = arena_new(request->arena, uint64_t, feed->count);
    TRY(torrent_file_sizes(request->viewer, feed->works, feed->count, file_bytes));
    uint8_t digest[SHA1_BYTES];
    digest_of(request, feed, digest);
    Text text = text_create(request->arena, FEED_BYTES_MAX);
    Writer writer = {request, feed, file_bytes, &text, built_at(feed, digest)};
    if (is_atom(request))
        write_atom(&writer);
    else
        write_rss(&writer);
    if (text.full)
        return error(UNAVAILABLE, "answer_too_large", "This answer became too large to send.");
    add_headers(request, feed, response, digest);
    response_body(response,
                  is_atom(request) ? STR("application/atom+xml; charset=utf-8")
                                   : STR("application/rss+xml; charset=utf-8"),
                  text_str(&text));
    return OK;
}

void feed_error(const Request *request, Error e, Response *response) {
    Text text = text_create(request->arena, FEED_BYTES_MAX);
    Str words = e.kind == ERROR_BROKEN ? feed_words(request, "Something of ours is broken.")
                                       : language_error(request->language, e, request->arena);
    text_add(&text, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error"));
    xml_write_attribute(&text, "code", str_from_c(error_code(e)));
    if (e.field) xml_write_attribute(&text, "field", str_from_c(e.field));
    xml_write_attribute(&text, "description", words);
    text_add(&text, STR("/>\n"));
    response->status = error_status(e.kind);
    response->no_store = true;
    response_body(response, STR("application/xml; charset=utf-8"), text_str(&text));
}
