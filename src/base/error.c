#include "base/error.h"

#include "base/text.h"

typedef struct {
    int status;
    const char *code;
} ErrorKindRow;

static const ErrorKindRow error_kinds[] = {
    [ERROR_NONE] = {200, ""},
#define ERROR_KIND(name, http_status, word) [ERROR_##name] = {http_status, word},
#include "base/error.def"
#undef ERROR_KIND
};

Error error_build(ErrorKind kind, const char *code, const char *field, const char *words, Str first,
                  Str second) {
    return (Error){
        .kind = kind, .code = code, .field = field, .words = words, .subject = {first, second}};
}

int error_status(ErrorKind kind) { return error_kinds[kind].status; }

const char *error_code(Error e) { return e.code ? e.code : error_kinds[e.kind].code; }

Str error_fill(Error e, Str template, Arena *arena) {
    Text text = text_create(arena, template.len + e.subject[0].len + e.subject[1].len);
    for (size_t next = 0; template.len;) {
        size_t at = next < 2 ? str_find(template, STR("{}")) : STR_NONE;
        text_add(&text, str_part(template, 0, at));
        if (at == STR_NONE) break;
        text_add(&text, e.subject[next++]);
        template = str_skip(template, at + 2);
    }
    return text_str(&text);
}

Str error_text(Error e, Arena *arena) {
    Str words = str_from_c(e.words ? e.words : error_code(e));
    return error_fill(e, words, arena);
}

void error_list_add(ErrorList *list, Error e) {
    if (!failed(e)) return;
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 8;
        Error *grown = arena_new(list->arena, Error, room);
        if (list->count) memcpy(grown, list->at, list->count * sizeof *grown);
        list->at = grown;
        list->room = room;
    }
    list->at[list->count++] = e;
}

const Error *error_list_find(const ErrorList *list, const char *field) {
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].field && strcmp(list->at[i].field, field) == 0) return &list->at[i];
    return NULL;
}

Error error_list_first(const ErrorList *list) { return list->count ? list->at[0] : OK; }
