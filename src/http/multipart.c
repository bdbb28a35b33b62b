#include "http/multipart.h"

#include <assert.h>

#include "base/encode.h"
#include "base/limits.h"
#include "http/form_read.h"
#include "http/gather.h"

enum { BOUNDARY_BYTES_MAX = 70 /* RFC 2046 5.1.1 */ };

typedef enum { PART_PREAMBLE, PART_BOUNDARY, PART_HEADERS, PART_CONTENT, PART_EPILOGUE } PartState;

struct Multipart {
    Form *form;
    Arena *arena;
    Gather *contents; /* one a field of the form, and one for csrf */
    size_t field_count;
    PartState state;
    Str delimiter; /* CRLF "--" boundary */
    unsigned parts;
    Str name, file_name; /* of the part being read */
    size_t index;
    bool is_duplicate, is_overlong;
    size_t held;
    char window[HTTP_MULTIPART_WINDOW_BYTES];
};

static const Error malformed = {
    .kind = ERROR_BAD_REQUEST, .code = "bad_multipart", .words = "The form is not well-formed."};

/* Browsers send a backslash as it is; only \" and \\ can be meant as escapes. */
static bool is_escape(Str s) { return str_starts(s, STR("\\\"")) || str_starts(s, STR("\\\\")); }

/* Cuts "name=value" or name="value" off a header's parameters. */
static bool cut_parameter(Str *rest, Arena *arena, Str *ret_name, Str *ret_value) {
    while (rest->len && (rest->at[0] == ';' || rest->at[0] == ' ' || rest->at[0] == '\t'))
        *rest = str_skip(*rest, 1);
    size_t equals = str_find_byte(*rest, '=');
    if (equals == STR_NONE) return false;
    *ret_name = str_trim(str_part(*rest, 0, equals));
    *rest = str_skip(*rest, equals + 1);
    if (!str_starts(*rest, STR("\""))) {
        *ret_value = str_trim(str_cut(rest, ';'));
        return true;
    }
    size_t end = 1;
    while (end < rest->len && rest->at[end] != '"') end += 1 + is_escape(str_skip(*rest, end));
    if (end >= rest->len) return false;
    /* No more than the value itself: many small ones must not cost a whole header each. */
    char *out = arena_alloc(arena, end, 1);
    size_t len = 0;
    for (size_t i = 1; i < end; i++) {
        i += is_escape(str_skip(*rest, i));
        out[len++] = rest->at[i];
    }
    *rest = str_skip(*rest, end + 1);
    *ret_value = (Str){out, len};
    return true;
}

Error multipart_find_boundary(Str content_type, Str *ret_boundary) {
    str_cut(&content_type, ';');
    while (content_type.len) {
        Str parameter = str_trim(str_cut(&content_type, ';'));
        if (!str_starts_nocase(parameter, STR("boundary="))) continue;
        Str boundary = str_skip(parameter, 9);
        if (boundary.len >= 2 && boundary.at[0] == '"' && str_ends(boundary, STR("\"")))
            boundary = str_part(boundary, 1, boundary.len - 1);
        if (boundary.len == 0 || boundary.len > BOUNDARY_BYTES_MAX) return malformed;
        *ret_boundary = boundary;
        return OK;
    }
    return malformed;
}

Multipart *multipart_create(Str boundary, Form *form, Arena *arena) {
    Multipart *multipart = calloc(1, sizeof *multipart);
    assert(multipart && boundary.len <= BOUNDARY_BYTES_MAX);
    multipart->form = form;
    multipart->arena = arena;
    while (form->kind->fields[multipart->field_count].name) multipart->field_count++;
    multipart->contents = arena_new(arena, Gather, multipart->field_count + 1);
    multipart->delimiter = arena_print(arena, "\r\n--%.*s", STR_PRINTF(boundary));
    /* The first boundary needs no line before it. */
    memcpy(multipart->window, "\r\n", 2);
    multipart->held = 2;
    return multipart;
}

void multipart_free(Multipart *multipart) {
    if (!multipart) return;
    for (size_t i = 0; i <= multipart->field_count; i++) gather_free(&multipart->contents[i]);
    free(multipart);
}

Form *multipart_form(Multipart *multipart) { return multipart->form; }

static Str base_name(Str path) {
    for (size_t i = path.len; i-- > 0;)
        if (path.at[i] == '/' || path.at[i] == '\\') return str_skip(path, i + 1);
    return path;
}

static Error read_disposition(Multipart *multipart, Str value) {
    Str name, text;
    bool named = false;
    if (!str_equal_nocase(str_trim(str_cut(&value, ';')), STR("form-data"))) return malformed;
    while (cut_parameter(&value, multipart->arena, &name, &text)) {
        if (str_equal_nocase(name, STR("name"))) {
            if (named) return malformed;
            multipart->name = arena_copy(multipart->arena, text);
            named = true;
        } else if (str_equal_nocase(name, STR("filename"))) {
            multipart->file_name = arena_copy(multipart->arena, base_name(text));
        } else if (str_equal_nocase(name, STR("filename*")) &&
                   str_starts_nocase(text, STR("UTF-8''"))) {
            Str decoded;
            if (!percent_parse(str_skip(text, 7), false, multipart->arena, &decoded))
                return malformed;
            multipart->file_name = base_name(decoded);
        }
    }
    if (!str_is_utf8(multipart->file_name)) multipart->file_name = STR("file");
    return named ? OK : malformed;
}

static Error begin_part(Multipart *multipart, Str headers) {
    bool found = false;
    multipart->name = multipart->file_name = (Str){0};
    multipart->is_duplicate = multipart->is_overlong = false;
    if (multipart->parts++ == HTTP_FORM_FIELDS_MAX)
        return error(BAD_INPUT, "too_many_fields", "The form has too many fields.");
    while (headers.len) {
        Str value = str_trim(str_cut(&headers, '\n'));
        if (str_find_byte(value, ':') == STR_NONE) return malformed;
        Str name = str_cut(&value, ':');
        if (!str_equal_nocase(name, STR("content-disposition"))) continue;
        if (found) return malformed;
        found = true;
        TRY(read_disposition(multipart, value));
    }
    if (!found) return malformed;
    TRY(form_find_field(multipart->form->kind, multipart->name, multipart->arena,
                        &multipart->index));
    if (multipart->index == STR_NONE) multipart->index = multipart->field_count;
    Gather *content = &multipart->contents[multipart->index];
    const FormField *field = &multipart->form->kind->fields[multipart->index];
    size_t max = field->kind == FIELD_FILE || field->max > HTTP_FORM_BODY_BYTES_MAX
                     ? (size_t)field->max
                     : HTTP_FORM_BODY_BYTES_MAX; /* a text too long is still shown again */
    if (!field->name || field->kind == FIELD_NUMBER) max = HTTP_FORM_BODY_BYTES_MAX;
    multipart->is_duplicate = content->max > 0;
    if (!multipart->is_duplicate) *content = gather_create(max);
    return OK;
}

static void add_content(Multipart *multipart, Str bytes) {
    Gather *content = &multipart->contents[multipart->index];
    if (multipart->is_duplicate || multipart->is_overlong) return;
    if (!gather_add(content, bytes, multipart->arena)) multipart->is_overlong = true;
}

static Error end_part(Multipart *multipart) {
    Form *form = multipart->form;
    const FormField *field = &form->kind->fields[multipart->index];
    Str value = gather_str(&multipart->contents[multipart->index]);
    TRY(form_take(form, multipart->name, value, multipart->arena));
    if (!field->name) return OK;
    FormValue *into = &form->values[multipart->index];
    if (field->kind == FIELD_FILE && !multipart->is_duplicate)
        into->file_name = multipart->file_name;
    if (!multipart->is_overlong) return OK;
    Str max = arena_print(multipart->arena, "%lld", (long long)field->max);
    error_list_add(&form->errors, field->kind == FIELD_FILE
                                      ? error_make(ERROR_TOO_LARGE, "file_too_large", field->name,
                                                   "This file is too large: at most {} bytes.", max)
                                      : error_make(ERROR_BAD_INPUT, "too_long", field->name,
                                                   "This is too long: at most {} bytes.", max));
    return OK;
}

/* Each step says how much of the window it has used up; 0 means it needs more. */
static Error step_content(Multipart *multipart, Str window, size_t *ret_used) {
    size_t at = str_find(window, multipart->delimiter);
    size_t held_back = multipart->delimiter.len - 1;
    bool found = at != STR_NONE;
    if (!found && window.len <= held_back) return OK;
    Str content = str_part(window, 0, found ? at : window.len - held_back);
    if (multipart->state == PART_CONTENT) {
        add_content(multipart, content);
        if (found) TRY(end_part(multipart));
    }
    *ret_used = found ? at + multipart->delimiter.len : content.len;
    if (found) multipart->state = PART_BOUNDARY;
    return OK;
}

static Error step_boundary(Multipart *multipart, Str window, size_t *ret_used) {
    if (window.len < 2) return OK;
    if (str_starts(window, STR("--"))) {
        multipart->state = PART_EPILOGUE;
    } else if (str_starts(window, STR("\r\n"))) {
        multipart->state = PART_HEADERS;
    } else if (window.at[0] == ' ' || window.at[0] == '\t') {
        *ret_used = 1; /* padding some senders add */
        return OK;
    } else {
        return malformed;
    }
    *ret_used = 2;
    return OK;
}

static Error step_headers(Multipart *multipart, Str window, size_t *ret_used) {
    size_t end = str_find(window, STR("\r\n\r\n"));
    if (end == STR_NONE) return window.len == HTTP_MULTIPART_WINDOW_BYTES ? malformed : OK;
    TRY(begin_part(multipart, str_part(window, 0, end)));
    multipart->state = PART_CONTENT;
    *ret_used = end + 4;
    return OK;
}

static Error step(Multipart *multipart, Str window, size_t *ret_used) {
    switch (multipart->state) {
        case PART_PREAMBLE:
        case PART_CONTENT: return step_content(multipart, window, ret_used);
        case PART_BOUNDARY: return step_boundary(multipart, window, ret_used);
        case PART_HEADERS: return step_headers(multipart, window, ret_used);
        case PART_EPILOGUE: *ret_used = window.len; return OK;
    }
    return malformed;
}

Error multipart_add(Multipart *multipart, Str bytes) {
    while (bytes.len) {
        size_t room = sizeof multipart->window - multipart->held;
        Str piece = str_part(bytes, 0, room);
        assert(room > 0);
        memcpy(multipart->window + multipart->held, piece.at, piece.len);
        multipart->held += piece.len;
        bytes = str_skip(bytes, piece.len);
        Str window = {multipart->window, multipart->held};
        for (size_t used = 1; used > 0 && window.len > 0; window = str_skip(window, used)) {
            used = 0;
            TRY(step(multipart, window, &used));
        }
        if (window.len) memmove(multipart->window, window.at, window.len);
        multipart->held = window.len;
    }
    return OK;
}

Error multipart_finish(Multipart *multipart) {
    return multipart->state == PART_EPILOGUE ? OK : malformed;
}
