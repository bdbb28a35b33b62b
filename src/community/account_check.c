#include "community/account_check.h"

#include "base/language.h"
#include "base/limits.h"

static const char *const reserved[] = {
#define RESERVED(name) name,
#include "community/name_reserved.def"
#undef RESERVED
};

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* What the eye makes of it: "Adm1n_" reads as "admin". */
static char seen_as(char c) {
    switch (c) {
        case '0': return 'o';
        case '1':
        case 'l':
        case 'L': return 'i';
        case '3': return 'e';
        case '4': return 'a';
        case '5': return 's';
        case '7': return 't';
        default: return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
    }
}

static Str skeleton(Str name, Arena *arena) {
    char *seen = arena_new(arena, char, name.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++)
        if (is_letter_or_digit(name.at[i])) seen[len++] = seen_as(name.at[i]);
    return (Str){seen, len};
}

static bool is_reserved(Str name, Arena *arena) {
    Str seen = skeleton(name, arena);
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (str_equal(seen, skeleton(str_from_c(reserved[i]), arena))) return true;
    return false;
}

static bool is_well_formed(Str name) {
    for (size_t i = 0; i < name.len; i++)
        if (!is_letter_or_digit(name.at[i]) && name.at[i] != '-' && name.at[i] != '_' &&
            name.at[i] != '.')
            return false;
    return is_letter_or_digit(name.at[0]) && is_letter_or_digit(name.at[name.len - 1]);
}

Error account_check_name(Str name, Role role, Arena *arena) {
    if (name.len == 0) return error_field(BAD_INPUT, "name", "name_required", "Choose a name.");
    if (name.len < NAME_BYTES_MIN)
        return error_field(BAD_INPUT, "name", "name_too_short",
                           "The name needs at least 2 characters.");
    if (name.len > NAME_BYTES_MAX)
        return error_field(BAD_INPUT, "name", "name_too_long",
                           "The name is longer than 32 characters.");
    if (!is_well_formed(name))
        return error_field(
            BAD_INPUT, "name", "name_characters",
            "A name is made of letters without accents, digits and - _ . and begins and "
            "ends with a letter or digit.");
    bool like_a_feed = str_ends(name, STR(".rss")) || str_ends(name, STR(".atom")) ||
                       str_ends(name, STR(".json")) || str_ends(name, STR(".torrent"));
    /* "admin" would fool people, unless it is true. */
    if (like_a_feed || (role < ROLE_MODERATOR && is_reserved(name, arena)))
        return error_field(BAD_INPUT, "name", "name_reserved", "This name is reserved.");
    return OK;
}

enum { EMAIL_LOCAL_BYTES_MAX = 64, DOMAIN_LABEL_BYTES_MAX = 63 };

static bool is_domain(Str domain) {
    size_t labels = 0;
    if (!domain.len || domain.at[domain.len - 1] == '.') return false;
    for (Str left = domain; left.len; labels++) {
        Str label = str_cut(&left, '.');
        if (!label.len || label.len > DOMAIN_LABEL_BYTES_MAX) return false;
        if (label.at[0] == '-' || label.at[label.len - 1] == '-') return false;
        for (size_t i = 0; i < label.len; i++)
            if (!is_letter_or_digit(label.at[i]) && label.at[i] != '-' &&
                (unsigned char)label.at[i] < 0x80)
                return false;
    }
    return labels >= 2;
}

static bool is_email(Str email) {
    size_t at = str_find_byte(email, '@');
    if (at == STR_NONE || at == 0 || at > EMAIL_LOCAL_BYTES_MAX || !str_is_utf8(email))
        return false;
    Str local = str_part(email, 0, at);
    for (size_t i = 0; i < local.len; i++)
        if ((unsigned char)local.at[i] <= ' ' || local.at[i] == 0x7F ||
            str_find_byte(STR("\"(),:;<>[\\]"), local.at[i]) != STR_NONE)
            return false;
    bool dots =
        local.at[0] == '.' || local.at[local.len - 1] == '.' || str_contains(local, STR(".."));
    return !dots && is_domain(str_skip(email, at + 1));
}

Error account_check_email(Str email) {
    if (email.len == 0)
        return error_field(BAD_INPUT, "email", "email_required", "Give an e-mail address.");
    if (email.len > EMAIL_BYTES_MAX || !is_email(email))
        return error_field(BAD_INPUT, "email", "bad_email", "This is not an e-mail address.");
    return OK;
}

Error account_check_preferences(Str language, Str theme) {
    Language parsed;
    if (language.len && !language_parse(language, &parsed))
        return error_field(BAD_INPUT, "language", "unknown_language",
                           "This site does not speak that language.");
    if (theme.len && !str_equal(theme, STR("light")) && !str_equal(theme, STR("dark")) &&
        !str_equal(theme, STR("auto")))
        return error_field(BAD_INPUT, "theme", "unknown_theme", "There is no such theme.");
    return OK;
}
