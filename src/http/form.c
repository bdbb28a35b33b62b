#include "http/form.h"

#include <assert.h>

#include "base/encode.h"
#include "base/limits.h"
#include "http/form_read.h"
#include "http/multipart.h"

static const FormField no_fields[] = {{0}};
/* For buttons: nothing but the token. */
static const FormKind empty_form = {.name = "empty", .fields = no_fields};

Form *form_create(const FormKind *kind, Arena *arena) {
    size_t count = 0;
    Form *form = arena_new(arena, Form, 1);
    while (kind->fields[count].name) count++;
    assert(count <= HTTP_FORM_FIELDS_MAX);
    form->kind = kind;
    form->values = arena_new(arena, FormValue, count + 1);
    form->errors.arena = arena;
    return form;
}

Error form_find_field(const FormKind *kind, Str name, Arena *arena, size_t *ret_index) {
    if (str_equal(name, STR("csrf"))) {
        *ret_index = STR_NONE;
        return OK;
    }
    for (size_t i = 0; kind->fields[i].name; i++) {
        if (!str_equal(name, str_from_c(kind->fields[i].name))) continue;
        *ret_index = i;
        return OK;
    }
    Str shown = arena_copy(arena, str_part(name, 0, 64));
    return error_make(
        ERROR_BAD_INPUT, "undeclared_field",
        str_is_utf8(shown) && str_find_byte(shown, '\0') == STR_NONE ? shown.at : NULL,
        "This form has no field of that name.");
}

Error form_take(Form *form, Str name, Str value, Arena *arena) {
    size_t index = STR_NONE;
    TRY(form_find_field(form->kind, name, arena, &index));
    if (index == STR_NONE) {
        form->csrf = value;
        return OK;
    }
    const FormField *field = &form->kind->fields[index];
    FormValue *into = &form->values[index];
    if (into->given) {
        error_list_add(&form->errors, error_make(ERROR_BAD_INPUT, "duplicate_field", field->name,
                                                 "This field was sent more than once."));
        return OK;
    }
    into->given = true;
    into->value = value;
    return OK;
}

/* What mailings and other sites hang on a link: nobody typed it, so nobody is told off for it. */
static bool is_mark_of_link(Str name) {
    static const char *const marks[] = {"fbclid", "gclid", "mc_cid", "mc_eid", "msclkid"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (str_equal(name, str_from_c(marks[i]))) return true;
    return str_starts(name, STR("utm_"));
}

Error form_read_pairs(Form *form, Str text, Arena *arena) {
    unsigned count = 0;
    while (text.len) {
        Str pair = str_cut(&text, '&'), name;
        if (!pair.len) continue;
        if (count++ == HTTP_FORM_FIELDS_MAX)
            return error(BAD_INPUT, "too_many_fields", "The form has too many fields.");
        if (!percent_parse(str_cut(&pair, '='), true, arena, &name) ||
            !percent_parse(pair, true, arena, &pair))
            return error(BAD_REQUEST, "bad_encoding", "The form is not well-formed.");
        if (is_mark_of_link(name)) continue;
        TRY(form_take(form, name, pair, arena));
    }
    return OK;
}

static Str number_text(Arena *arena, int64_t number) {
    return arena_print(arena, "%lld", (long long)number);
}

static Str unify_lines(Str value, Arena *arena) {
    char *out = arena_alloc(arena, value.len + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '\r' && i + 1 < value.len && value.at[i + 1] == '\n') continue;
        out[len++] = value.at[i] == '\r' ? '\n' : value.at[i];
    }
    return (Str){out, len};
}

static bool has_control(Str value, bool lines) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (lines && (c == '\n' || c == '\t')) continue;
        if (c < ' ' || c == 0x7f) return true;
    }
    return false;
}

#define FIELD_FAULT(code_word, ...) error_make(ERROR_BAD_INPUT, code_word, field->name, __VA_ARGS__)

static Error check_length(const FormField *field, const FormValue *value, Arena *arena) {
    Str text = value->value;
    if (text.len == 0 && field->min > 0) return FIELD_FAULT("missing", "Please fill this in.");
    if (text.len < (size_t)field->min)
        return FIELD_FAULT("too_short", "This is too short: at least {} characters.",
                           number_text(arena, field->min));
    if (text.len > (size_t)field->max)
        return FIELD_FAULT("too_long", "This is too long: at most {} bytes.",
                           number_text(arena, field->max));
    return OK;
}

static Error check_text(const FormField *field, FormValue *value, Arena *arena) {
    bool lines = field->kind == FIELD_LINES;
    if (!str_is_utf8(value->value))
        return FIELD_FAULT("not_utf8", "This is not well-formed text (UTF-8).");
    if (field->kind == FIELD_TEXT) value->value = str_trim(value->value);
    if (lines) value->value = unify_lines(value->value, arena);
    if (field->kind != FIELD_SECRET && has_control(value->value, lines))
        return FIELD_FAULT("control_character", "This contains characters that cannot be shown.");
    return check_length(field, value, arena);
}

static Error check_number(const FormField *field, FormValue *value, Arena *arena) {
    Str text = str_trim(value->value);
    if (text.len == 0) {
        value->given = false;
        return field->min > 0 ? FIELD_FAULT("missing", "Please fill this in.") : OK;
    }
    if (!str_to_i64(text, &value->number))
        return FIELD_FAULT("not_a_number", "Please give a whole number.");
    if (value->number < field->min || value->number > field->max)
        return FIELD_FAULT("out_of_range", "Please give a number from {} to {}.",
                           number_text(arena, field->min), number_text(arena, field->max));
    return OK;
}

static Error check_choice(const FormField *field, FormValue *value) {
    Str choices = str_from_c(field->choices);
    if (value->value.len == 0) {
        value->given = false;
        return field->min > 0 ? FIELD_FAULT("missing", "Please choose one.") : OK;
    }
    while (choices.len)
        if (str_equal(str_cut(&choices, '|'), value->value)) return OK;
    return FIELD_FAULT("unknown_choice", "This is none of the choices.");
}

static Error check_mark(const FormField *field, FormValue *value) {
    Str text = value->value;
    if (str_equal(text, STR("0")) || str_equal(text, STR("off")) || str_equal(text, STR("no")))
        value->given = false;
    bool set =
        str_equal(text, STR("1")) || str_equal(text, STR("on")) || str_equal(text, STR("yes"));
    if (value->given && !set) return FIELD_FAULT("unknown_choice", "This is none of the choices.");
    if (!value->given && field->min > 0) return FIELD_FAULT("missing", "Please tick this box.");
    return OK;
}

static Error check_file(const FormField *field, FormValue *value, Arena *arena) {
    /* A file field left alone arrives as an empty file without name. */
    if (value->value.len == 0 && value->file_name.len == 0) value->given = false;
    if (!value->given && field->min > 0) return FIELD_FAULT("missing", "Please choose a file.");
    if (value->given && value->value.len < (size_t)field->min)
        return FIELD_FAULT("empty_file", "This file is empty or too short.");
    if (value->value.len > (size_t)field->max)
        return error_make(ERROR_TOO_LARGE, "file_too_large", field->name,
                          "This file is too large: at most {} bytes.",
                          number_text(arena, field->max));
    return OK;
}

static Error check_field(const FormField *field, FormValue *value, Arena *arena) {
    switch (field->kind) {
        case FIELD_TEXT:
        case FIELD_LINES:
        case FIELD_SECRET: return check_text(field, value, arena);
        case FIELD_NUMBER: return check_number(field, value, arena);
        case FIELD_CHOICE: return check_choice(field, value);
        case FIELD_CHECK: return check_mark(field, value);
        case FIELD_FILE: return check_file(field, value, arena);
    }
    return OK;
}

void form_check(Form *form, Arena *arena) {
    for (size_t i = 0; form->kind->fields[i].name; i++) {
        const FormField *field = &form->kind->fields[i];
        Error e = check_field(field, &form->values[i], arena);
        if (failed(e) && !error_list_find(&form->errors, field->name))
            error_list_add(&form->errors, e);
    }
}

static bool type_is(Str content_type, Str name) {
    return str_equal_nocase(str_trim(str_cut(&content_type, ';')), name);
}

static const FormKind *kind_of(const Route *route) {
    if (route->form) return route->form;
    return route->csrf == CSRF_TOKEN ? &empty_form : NULL;
}

Error form_read_begin(Request *request, struct Multipart **ret_multipart) {
    static const Error wrong_type = {.kind = ERROR_BAD_TYPE,
                                     .words = "This address does not take that type of content."};
    Str type = request_header(request, STR("content-type"));
    const FormKind *kind = kind_of(request->route);
    if (!kind) return OK; /* raw: the handler's own business */
    if (type_is(type, STR("application/x-www-form-urlencoded"))) return OK;
    if (!type_is(type, STR("multipart/form-data")) || !kind->multipart) return wrong_type;
    Str boundary;
    TRY(multipart_find_boundary(type, &boundary));
    *ret_multipart = multipart_create(arena_copy(request->arena, boundary),
                                      form_create(kind, request->arena), request->arena);
    return OK;
}

Error form_read_finish(Request *request, struct Multipart *multipart) {
    const Route *route = request->route;
    bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
    const FormKind *kind = reads ? route->form : kind_of(route);
    if (!kind || route->bare) return OK;
    Form *form = multipart ? multipart_form(multipart) : form_create(kind, request->arena);
    request->form = form;
    Error e = multipart ? multipart_finish(multipart)
              : reads   ? OK
                        : form_read_pairs(form, request->body, request->arena);
    if (!failed(e)) e = form_read_pairs(form, request->query, request->arena);
    form_check(form, request->arena);
    return e;
}

static size_t index_of(const Form *form, const char *name) {
    for (size_t i = 0; form->kind->fields[i].name; i++)
        if (strcmp(form->kind->fields[i].name, name) == 0) return i;
    assert(!"the form declares that field");
    return 0;
}

const FormValue *form_value(const Form *form, const char *name) {
    return &form->values[index_of(form, name)];
}

Str form_text(const Form *form, const char *name) { return form_value(form, name)->value; }
bool form_checked(const Form *form, const char *name) { return form_value(form, name)->given; }

int64_t form_number(const Form *form, const char *name, int64_t otherwise) {
    const FormValue *value = form_value(form, name);
    return value->given ? value->number : otherwise;
}

ErrorList form_faults(const Request *request) {
    ErrorList faults = {.arena = request->arena};
    for (size_t i = 0; request->form && i < request->form->errors.count; i++)
        error_list_add(&faults, request->form->errors.at[i]);
    return faults;
}
