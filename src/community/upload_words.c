#include "community/upload_words.h"

#include "base/limits.h"
#include "base/text.h"
#include "community/plain_text.h"

/* Beyond this nothing is looked at: NFC shortens text, but never to a third. */
enum { TYPED_GROWTH = 3 };

static void fault(ErrorList *errors, const char *field, const char *code, const char *words) {
    error_list_add(errors, error_field(BAD_INPUT, field, code, words));
}

static const char too_long[] = "This is longer than {} bytes.";
static const char bad_characters[] = "This contains characters that cannot be shown.";

static void fault_too_long(ErrorList *errors, const char *field, Arena *arena, size_t bytes_max) {
    error_list_add(errors, error_field(BAD_INPUT, field, "too_long", too_long,
                                       arena_print(arena, "%zu", bytes_max)));
}

typedef struct {
    const char *field;
    size_t bytes_max;
    bool lines;
} Kind;

static Str check_text(Str typed, const Kind *kind, Arena *arena, ErrorList *errors) {
    Str text = {0};
    bool fine = true;
    bool fits = typed.len <= kind->bytes_max * TYPED_GROWTH;
    if (fits)
        fine = kind->lines ? plain_text_lines(typed, arena, &text)
                           : plain_text_line(typed, arena, &text);
    if (!fits || text.len > kind->bytes_max)
        fault_too_long(errors, kind->field, arena, kind->bytes_max);
    else if (!fine)
        fault(errors, kind->field, "bad_characters", bad_characters);
    return text;
}

static Str check_title(Str typed, Arena *arena, ErrorList *errors) {
    Str title = check_text(typed, &(Kind){"title", TITLE_BYTES_MAX, false}, arena, errors);
    if (error_list_find(errors, "title")) return title;
    if (title.len == 0)
        fault(errors, "title", "title_required", "Give the work a title.");
    else if (title.len < TITLE_BYTES_MIN)
        fault(errors, "title", "title_too_short", "The title needs at least 3 characters.");
    return title;
}

static Str check_author(Str typed, WordsNeed need, Arena *arena, ErrorList *errors) {
    Str author = check_text(typed, &(Kind){"author", AUTHOR_BYTES_MAX, false}, arena, errors);
    if (author.len == 0 && need == WORDS_COMPLETE && !error_list_find(errors, "author"))
        fault(errors, "author", "author_required", "Say who made the work.");
    return author;
}

static const Category *check_category(Str typed, ErrorList *errors) {
    Str code = str_trim(typed);
    const Category *category = category_find(code);
    if (code.len == 0)
        fault(errors, "category", "category_required", "Choose a category.");
    else if (!category)
        error_list_add(errors, error_field(BAD_INPUT, "category", "unknown_category",
                                           "There is no category \"{}\".", code));
    return category;
}

static const Licence *check_licence(Str typed, WordsNeed need, ErrorList *errors) {
    Str id = str_trim(typed);
    if (id.len == 0 && need == WORDS_TO_COMPLETE) return &licence_unknown;
    const Licence *licence = licence_find(id);
    if (id.len == 0)
        fault(errors, "license", "license_required",
              "Choose the licence. Without one nobody may share the work.");
    else if (!licence)
        error_list_add(errors, error_field(BAD_INPUT, "license", "unknown_license",
                                           "\"{}\" is not a licence we know.", id));
    return licence;
}

/* An address people can follow, and that does not pretend to lead elsewhere
 * ("https://debian.org@evil.example"). */
static bool is_web_address(Str url) {
    size_t scheme = str_starts_nocase(url, STR("https://"))  ? 8
                    : str_starts_nocase(url, STR("http://")) ? 7
                                                             : 0;
    if (!scheme) return false;
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.at[i] <= ' ' ||
            str_find_byte(STR("\"<>\\^`{|}\x7F"), url.at[i]) != STR_NONE)
            return false;
    Str host = str_skip(url, scheme);
    for (size_t i = 0; i < host.len; i++)
        if (host.at[i] == '/' || host.at[i] == '?' || host.at[i] == '#')
            host = str_part(host, 0, i);
    return host.len > 0 && str_find_byte(host, '@') == STR_NONE && host.at[0] != '.' &&
           host.at[0] != ':' && host.at[0] != '-';
}

static Str check_source(Str typed, WordsNeed need, Arena *arena, ErrorList *errors) {
    Str source =
        check_text(typed, &(Kind){"source_url", SOURCE_URL_BYTES_MAX, false}, arena, errors);
    if (error_list_find(errors, "source_url")) return source;
    if (source.len == 0 && need == WORDS_TO_COMPLETE) return source;
    if (str_equal_nocase(source, STR("own")) || str_equal_nocase(source, STR("own work")))
        return STR("own");
    if (source.len == 0)
        fault(errors, "source_url", "source_required",
              "Say where the work comes from: an address, or \"own\" for a work of your own.");
    else if (!is_web_address(source))
        fault(errors, "source_url", "bad_source",
              "The source is an address that begins with https:// or http://, or \"own\".");
    return source;
}

static bool is_alphanumeric(Str s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return false;
    }
    return s.len > 0;
}

/* BCP 47 as far as people need it: "fr", "pt-BR", "zh-Hant-TW". */
Str upload_words_language(Str typed, Arena *arena, ErrorList *errors) {
    Str tag = str_trim(typed);
    if (tag.len == 0) return tag;
    bool fine = tag.len <= LANGUAGE_TAG_BYTES_MAX;
    char *written = arena_new(arena, char, LANGUAGE_TAG_BYTES_MAX + 1);
    Str lower = plain_text_lower_ascii(str_part(tag, 0, LANGUAGE_TAG_BYTES_MAX), arena);
    for (size_t i = 0; i < lower.len; i++) written[i] = lower.at[i] == '_' ? '-' : lower.at[i];
    size_t start = 0;
    for (Str left = {written, lower.len}; fine && left.len;) {
        Str part = str_cut(&left, '-');
        bool first = start == 0;
        bool letters = part.len == 0 || !(part.at[0] >= '0' && part.at[0] <= '9');
        fine = is_alphanumeric(part) && part.len <= 8 &&
               (!first || (part.len >= 2 && part.len <= 3 && letters));
        if (!first && part.len == 2 && letters)
            for (size_t i = 0; i < 2; i++) written[start + i] -= written[start + i] >= 'a' ? 32 : 0;
        if (!first && part.len == 4 && letters) written[start] -= 32;
        start += part.len + 1;
    }
    if (fine && lower.at[lower.len - 1] != '-') return (Str){written, lower.len};
    fault(errors, "language", "bad_language",
          "Write the language as its short code: en, fr, pt-BR.");
    return tag;
}

/* "Free  Software" as "free-software". */
static Str one_tag(Str typed, Arena *arena) {
    Str tag = plain_text_lower(typed, arena);
    while (str_starts(tag, STR("#"))) tag = str_trim(str_skip(tag, 1));
    Text text = text_create(arena, tag.len);
    for (size_t i = 0; i < tag.len; i++) text_add_byte(&text, tag.at[i] == ' ' ? '-' : tag.at[i]);
    return text_str(&text);
}

static bool is_among(Str tags, Str tag) {
    for (Str left = tags; left.len;)
        if (str_equal(str_cut(&left, ' '), tag)) return true;
    return false;
}

Str upload_words_tags(Str typed, Arena *arena, ErrorList *errors) {
    Text tags = text_create(arena, TAGS_MAX * (TAG_BYTES_MAX + 1));
    if (typed.len > (size_t)TAGS_MAX * (TAG_BYTES_MAX + 2) * TYPED_GROWTH) {
        fault(errors, "tags", "too_many_tags", "At most 20 tags.");
        return (Str){0};
    }
    size_t count = 0;
    for (Str left = typed; left.len;) {
        Str part = str_cut(&left, ','), line;
        if (!plain_text_line(part, arena, &line)) {
            fault(errors, "tags", "bad_characters", bad_characters);
            break;
        }
        Str tag = one_tag(line, arena);
        if (tag.len == 0 || is_among(text_str(&tags), tag)) continue;
        if (tag.len > TAG_BYTES_MAX) {
            error_list_add(errors, error_field(BAD_INPUT, "tags", "tag_too_long",
                                               "The tag \"{}\" is longer than 40 bytes.", tag));
            break;
        }
        if (!plain_text_is_word(tag, "-_.+#")) {
            error_list_add(
                errors,
                error_field(BAD_INPUT, "tags", "bad_tag",
                            "The tag \"{}\" may only have letters, digits and - _ . + #", tag));
            break;
        }
        if (++count > TAGS_MAX) {
            fault(errors, "tags", "too_many_tags", "At most 20 tags.");
            break;
        }
        if (tags.len) text_add_byte(&tags, ' ');
        text_add(&tags, tag);
    }
    return text_str(&tags);
}

void upload_words_check(const TorrentWords *typed, WordsNeed need, Arena *arena, ErrorList *errors,
                        UploadWords *ret_words) {
    const Kind description = {"description", DESCRIPTION_BYTES_MAX, true};
    /* One after the other, so that faults come in the order of the form. */
    UploadWords words = {0};
    words.title = check_title(typed->title, arena, errors);
    words.description = check_text(typed->description, &description, arena, errors);
    words.category = check_category(typed->category, errors);
    words.tags = upload_words_tags(typed->tags, arena, errors);
    words.licence = check_licence(typed->license, need, errors);
    words.author = check_author(typed->author, need, arena, errors);
    words.source_url = check_source(typed->source_url, need, arena, errors);
    words.language = upload_words_language(typed->language, arena, errors);
    *ret_words = words;
}
