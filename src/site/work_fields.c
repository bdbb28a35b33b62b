#include "site/work_fields.h"

#include "base/text.h"

TorrentWords work_fields_typed(const Form *form) {
    return (TorrentWords){
        .title = form_text(form, "title"),
        .description = form_text(form, "description"),
        .category = form_text(form, "category"),
        .tags = form_text(form, "tags"),
        .license = form_text(form, "license"),
        .author = form_text(form, "author"),
        .source_url = form_text(form, "source_url"),
        .language = form_text(form, "language"),
    };
}

static Str joined_tags(const Torrent *torrent, Arena *arena) {
    Text text = text_create(arena, 64 * 1024);
    for (size_t i = 0; i < torrent->tag_count; i++) {
        if (i) text_add(&text, STR(", "));
        text_add(&text, torrent->tags[i]);
    }
    return text_str(&text);
}

TorrentWords work_fields_of(const Torrent *torrent, Arena *arena) {
    return (TorrentWords){
        .title = torrent->title,
        .description = torrent->description,
        .category = torrent->category ? str_from_c(torrent->category->code) : (Str){0},
        .tags = joined_tags(torrent, arena),
        .license = torrent->licence ? str_from_c(torrent->licence->id) : (Str){0},
        .author = torrent->author,
        .source_url = torrent->source_url,
        .language = torrent->language,
    };
}

WorkFields work_fields_shown(const Request *request, const TorrentWords *words,
                             const ErrorList *errors) {
    Arena *arena = request->arena;
    Language language = request->language;
    return (WorkFields){
        .title = field_of(arena, language, errors, "title", words->title),
        .description = field_of(arena, language, errors, "description", words->description),
        .category = field_of(arena, language, errors, "category", words->category),
        .tags = field_of(arena, language, errors, "tags", words->tags),
        .license = field_of(arena, language, errors, "license", words->license),
        .author = field_of(arena, language, errors, "author", words->author),
        .source_url = field_of(arena, language, errors, "source_url", words->source_url),
        .language = field_of(arena, language, errors, "language", words->language),
        .categories = category_choices(arena, words->category, "Choose a category"),
        .languages = work_language_choices(arena, words->language),
        .licences = licence_groups(arena, words->license),
    };
}
