#include "api/json.h"

#include "api/api.h"
#include "base/limits.h"
#include "base/text.h"

json_t *json_of_str(Str s) { return json_stringn(s.len ? s.at : "", s.len); }

json_t *json_of_str_or_null(Str s) { return s.len ? json_of_str(s) : json_null(); }

json_t *json_of_time(Arena *arena, Seconds at) {
    return at ? json_of_str(clock_rfc3339(arena, at)) : json_null();
}

json_t *json_of_id(Arena *arena, int64_t id) {
    return json_of_str(arena_print(arena, "%lld", (long long)id));
}

static int add_part(const char *at, size_t len, void *text) {
    text_add(text, (Str){at, len});
    return 0;
}

Str json_text(Arena *arena, json_t *value) {
    Text text = text_create(arena, REQUEST_ARENA_BYTES_MAX);
    json_dump_callback(value, add_part, &text, JSON_COMPACT);
    json_decref(value);
    return text_str(&text);
}

void json_write_str(Text *text, Str s) {
    size_t start = 0;
    text_add_byte(text, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c >= ' ' && c != '"' && c != '\\') continue;
        text_add(text, str_part(s, start, i));
        text_print(text, "\\u%04x", c);
        start = i + 1;
    }
    text_add(text, str_skip(s, start));
    text_add_byte(text, '"');
}

void json_answer(Request *request, Response *response, int status, json_t *value) {
    response->status = status;
    response_body(response, STR("application/json"), json_text(request->arena, value));
}

static json_t *fault_json(const Request *request, Error e) {
    json_t *item = json_object();
    json_object_set_new(item, "field", e.field ? json_string(e.field) : json_null());
    json_object_set_new(item, "code", json_string(error_code(e)));
    json_object_set_new(item, "detail",
                        json_of_str(language_error(request->language, e, request->arena)));
    return item;
}

/* What is our own fault is in the log, under the request's id. */
static Str detail_of(const Request *request, Error e) {
    if (e.kind == ERROR_BROKEN)
        return language_translate(request->language, STR("Something of ours is broken."));
    return language_error(request->language, e, request->arena);
}

void json_problem(const Request *request, Response *response, const Problem *problem) {
    Error e = problem->e;
    json_t *answer = json_object(), *faults = json_array();
    int status = error_status(e.kind);
    json_object_set_new(answer, "type", json_string("about:blank"));
    json_object_set_new(answer, "title", json_string(error_code((Error){.kind = e.kind})));
    json_object_set_new(answer, "status", json_integer(status));
    json_object_set_new(answer, "code", json_string(error_code(e)));
    json_object_set_new(answer, "detail", json_of_str(detail_of(request, e)));
    json_object_set_new(answer, "instance", json_of_str(request->id));
    if (problem->existing.len) json_object_set_new(answer, "url", json_of_str(problem->existing));
    for (size_t i = 0; problem->errors && i < problem->errors->count; i++)
        json_array_append_new(faults, fault_json(request, problem->errors->at[i]));
    if (json_array_size(faults) == 0 && e.field)
        json_array_append_new(faults, fault_json(request, e));
    json_object_set_new(answer, "errors", faults);
    response->status = status;
    response->no_store = true;
    if (status == 401) response_header(response, STR("WWW-Authenticate"), STR("Bearer"));
    response_body(response, STR("application/problem+json"), json_text(request->arena, answer));
}

void api_error(const Request *request, Error e, Response *response) {
    json_problem(request, response, &(Problem){.e = e});
}

/* --- what is sent to us --- */

static size_t find_name(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return i;
    return count;
}

static bool text_of(json_t *value, Arena *arena, Str *ret_text) {
    if (json_is_string(value)) {
        *ret_text =
            arena_copy(arena, str_from_bytes(json_string_value(value), json_string_length(value)));
        return true;
    }
    if (!json_is_array(value)) return false;
    Text joined = text_create(arena, 64 * 1024);
    size_t i;
    json_t *part;
    json_array_foreach(value, i, part) {
        if (!json_is_string(part)) return false;
        if (i) text_add_byte(&joined, ' ');
        text_add(&joined, str_from_bytes(json_string_value(part), json_string_length(part)));
    }
    *ret_text = text_str(&joined);
    return !joined.full;
}

static Error read_fields(const Request *request, json_t *object, const char *const *names,
                         size_t count, Str *ret_values) {
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        const char *field = str_c(request->arena, str_from_c(name));
        size_t place = find_name(names, count, name);
        if (place == count)
            return error_field(BAD_INPUT, field, "undeclared_field",
                               "There is no field \"{}\" here.", str_from_c(field));
        if (!text_of(value, request->arena, &ret_values[place]))
            return error_field(BAD_INPUT, field, "not_text", "\"{}\" must be text.",
                               str_from_c(field));
    }
    return OK;
}

Error json_body(const Request *request, const char *const *names, size_t count, Str *ret_values) {
    Str type = request_header(request, STR("Content-Type"));
    if (!str_equal_nocase(str_trim(str_cut(&type, ';')), STR("application/json")))
        return error(BAD_TYPE, "not_json", "The body must be application/json.");
    json_error_t fault;
    json_t *object =
        json_loadb(request->body.at, request->body.len, JSON_REJECT_DUPLICATES, &fault);
    if (!json_is_object(object)) {
        json_decref(object);
        Str where = arena_print(request->arena, "%d", fault.position);
        return error(BAD_REQUEST, "bad_json", "The body is not a JSON object (byte {}).", where);
    }
    for (size_t i = 0; i < count; i++) ret_values[i] = (Str){0};
    Error e = read_fields(request, object, names, count, ret_values);
    json_decref(object);
    return e;
}
