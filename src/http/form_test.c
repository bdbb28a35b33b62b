#include "http/form.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#include "base/limits.h"
#include "http/form_read.h"
#include "http/multipart.h"

static const FormField fields[] = {{"title", FIELD_TEXT, 1, 20, NULL, "Title"},
                                   {"age", FIELD_NUMBER, 0, 150, NULL, "Age"},
                                   {"file", FIELD_FILE, 0, 5000, NULL, "File"},
                                   {0}};
static const FormKind kind = {"test", fields, true};

static int set_up(void **state) {
    static Arena arena;
    arena = arena_create(MIB);
    *state = &arena;
    return 0;
}

static int tear_down(void **state) {
    arena_free(*state);
    return 0;
}

static void what_was_typed_is_kept_beside_its_fault(void **state) {
    Arena *arena = *state;
    Form *form = form_create(&kind, arena);
    assert_false(
        failed(form_read_pairs(form, STR("title=a+much+too+long+title+indeed&age=old"), arena)));
    form_check(form, arena);
    assert_int_equal(form->errors.count, 2);
    assert_string_equal(error_list_find(&form->errors, "title")->code, "too_long");
    assert_string_equal(error_list_find(&form->errors, "age")->code, "not_a_number");
    assert_true(str_equal(form_text(form, "title"), STR("a much too long title indeed")));
    assert_true(str_equal(form_text(form, "age"), STR("old")));
}

static void an_undeclared_field_names_itself(void **state) {
    Arena *arena = *state;
    Error e = form_read_pairs(form_create(&kind, arena), STR("title=a&nope=1"), arena);
    assert_int_equal(e.kind, ERROR_BAD_INPUT);
    assert_string_equal(e.field, "nope");
    e = form_read_pairs(form_create(&kind, arena), STR("%00%ff=1"), arena);
    assert_null(e.field);
}

static void an_empty_number_is_not_given(void **state) {
    Arena *arena = *state;
    Form *form = form_create(&kind, arena);
    assert_false(failed(form_read_pairs(form, STR("title=a&age="), arena)));
    form_check(form, arena);
    assert_int_equal(form->errors.count, 0);
    assert_int_equal(form_number(form, "age", 18), 18);
}

static void the_token_belongs_to_every_form(void **state) {
    Arena *arena = *state;
    Form *form = form_create(&kind, arena);
    assert_false(failed(form_read_pairs(form, STR("csrf=t%20k"), arena)));
    assert_true(str_equal(form->csrf, STR("t k")));
}

static void multipart_is_the_same_in_whatever_pieces(void **state) {
    Arena *arena = *state;
    static const char body[] =
        "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nT\r\n"
        "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
        "\r\n--A\r\n--\r\n-\r\n"
        "--B--\r\n";
    for (size_t piece = 1; piece < sizeof body; piece++) {
        Multipart *multipart = multipart_create(STR("B"), form_create(&kind, arena), arena);
        for (Str rest = STR(body); rest.len; rest = str_skip(rest, piece))
            assert_false(failed(multipart_add(multipart, str_part(rest, 0, piece))));
        assert_false(failed(multipart_finish(multipart)));
        Form *form = multipart_form(multipart);
        assert_true(str_equal(form_text(form, "title"), STR("T")));
        assert_true(str_equal(form_text(form, "file"), STR("\r\n--A\r\n--\r\n-")));
        assert_true(str_equal(form_value(form, "file")->file_name, STR("f")));
        multipart_free(multipart);
    }
}

static void an_unfinished_multipart_is_refused(void **state) {
    Arena *arena = *state;
    Multipart *multipart = multipart_create(STR("B"), form_create(&kind, arena), arena);
    assert_false(failed(multipart_add(multipart, STR("--B\r\nContent-Disp"))));
    assert_true(failed(multipart_finish(multipart)));
    multipart_free(multipart);
}

/* The loop reads bodies and cannot jump out of a full arena: 200 KiB once cost 256 MiB. */
static void many_parameters_of_parts_cost_no_more_than_they_are_long(void **state) {
    Arena arena = arena_create(2 * MIB);
    (void)state;
    Multipart *multipart = multipart_create(STR("B"), form_create(&kind, &arena), &arena);
    for (size_t part = 0; part < HTTP_FORM_FIELDS_MAX; part++) {
        assert_false(failed(multipart_add(
            multipart, STR("--B\r\nContent-Disposition: form-data; name=\"title\""))));
        for (size_t i = 0; i < 3000; i++)
            assert_false(failed(multipart_add(multipart, STR(";a=\"\""))));
        assert_false(failed(multipart_add(multipart, STR("\r\n\r\nx\r\n"))));
    }
    assert_false(failed(multipart_add(multipart, STR("--B--\r\n"))));
    assert_false(failed(multipart_finish(multipart)));
    multipart_free(multipart);
    arena_free(&arena);
}

static void a_backslash_escapes_quotes_and_itself_only(void **state) {
    Arena *arena = *state;
    Multipart *multipart = multipart_create(STR("B"), form_create(&kind, arena), arena);
    assert_false(
        failed(multipart_add(multipart, STR("--B\r\nContent-Disposition: form-data; name=\"file\"; "
                                            "filename=\"a\\\"b\\c\\\\d\"\r\n\r\nx\r\n--B--\r\n"))));
    assert_false(failed(multipart_finish(multipart)));
    assert_true(str_equal(form_value(multipart_form(multipart), "file")->file_name, STR("d")));
    multipart_free(multipart);
    multipart = multipart_create(STR("B"), form_create(&kind, arena), arena);
    assert_true(failed(multipart_add(
        multipart, STR("--B\r\nContent-Disposition: form-data; name=\"title\\\"\r\n\r\nx"))));
    multipart_free(multipart);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_typed_is_kept_beside_its_fault),
        cmocka_unit_test(an_undeclared_field_names_itself),
        cmocka_unit_test(an_empty_number_is_not_given),
        cmocka_unit_test(the_token_belongs_to_every_form),
        cmocka_unit_test(multipart_is_the_same_in_whatever_pieces),
        cmocka_unit_test(an_unfinished_multipart_is_refused),
        cmocka_unit_test(many_parameters_of_parts_cost_no_more_than_they_are_long),
        cmocka_unit_test(a_backslash_escapes_quotes_and_itself_only),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
