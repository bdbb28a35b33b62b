#include "community/collection.h"

#include "base/limits.h"
#include "base/text.h"
#include "community/test.h"

static Collection make(Visit *visit, const char *title, const char *visibility) {
    CollectionWords words = {str_from_c(title), STR("What I like"), str_from_c(visibility)};
    ErrorList errors = {0};
    Collection collection;
    check_fine(collection_add(visit, &words, &errors, &collection));
    return collection;
}

static int64_t publish(Visit *visit, char fill) {
    char name[8];
    snprintf(name, sizeof name, "w-%d", fill);
    return stage_publish(visit, CREATE_V1, name, fill).id;
}

/* The works by their order of publishing: "a" is the first of the test. */
static void check_order(Visit *visit, Str slug, int64_t first, const char *wanted) {
    Collection collection;
    CollectionWorks works;
    check_fine(collection_find(visit, slug, &collection));
    check_fine(collection_works(visit, &collection, (Str){0}, &works));
    Text text = text_create(visit->arena, 4096);
    for (size_t i = 0; i < works.count; i++)
        text_add_byte(&text, (char)('a' + works.at[i].torrent.id - first));
    check_str(text_str(&text), wanted);
    assert_int_equal(collection.works, works.count);
}

static void a_collection_keeps_its_order_and_notes(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER);
    Collection collection = make(&owner, "  Songs of\tthe Sea ", "public");
    check_str(collection.title, "Songs of the Sea");
    assert_true(str_starts(collection.slug, STR("songs-of-the-sea-")));
    int64_t first = publish(&owner, 1);
    for (char i = 2; i <= 4; i++) publish(&owner, i);
    for (int i = 0; i < 4; i++)
        check_fine(collection_add_work(&owner, collection.slug, first + i,
                                       i ? (Str){0} : STR("The best")));
    check_code(collection_add_work(&owner, collection.slug, first, (Str){0}), ERROR_CONFLICT,
               "in_it_already");
    check_order(&owner, collection.slug, first, "abcd");
    check_fine(collection_move_work(&owner, collection.slug, first + 3, 1));
    check_order(&owner, collection.slug, first, "dabc");
    check_fine(collection_move_work(&owner, collection.slug, first + 3, 3));
    check_order(&owner, collection.slug, first, "abdc");
    check_fine(collection_move_work(&owner, collection.slug, first, 99));
    check_order(&owner, collection.slug, first, "bdca");
    check_fine(collection_remove_work(&owner, collection.slug, first + 3));
    check_order(&owner, collection.slug, first, "bca");
    check_code(collection_remove_work(&owner, collection.slug, first + 3), ERROR_NOT_FOUND,
               "not_in_it");
    check_code(collection_move_work(&owner, collection.slug, first + 3, 1), ERROR_NOT_FOUND,
               "not_in_it");
    check_fine(collection_note_work(&owner, collection.slug, first + 1, STR("Second")));
    CollectionWorks works;
    check_fine(collection_works(&owner, &collection, (Str){0}, &works));
    check_str(works.at[0].note, "Second");
    check_str(works.at[2].note, "The best");
    check_code(collection_works(&owner, &collection, STR("x"), &works), ERROR_BAD_INPUT,
               "bad_cursor");
    check_fine(collection_remove(&owner, collection.slug));
    check_code(collection_find(&owner, collection.slug, &collection), ERROR_NOT_FOUND,
               "no_such_collection");
    stage_close(stage);
}

static void the_second_page_counts_on_where_works_were_taken_out(void **state) {
    (void)state;
    enum { WORKS = COLLECTION_WORKS_LISTED_MAX + 4, TAKEN_OUT = 2 };
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER);
    Collection collection = make(&owner, "Very many", "public");
    int64_t first = 0;
    for (int i = 0; i < WORKS; i++) {
        int64_t id = publish(&owner, (char)(i + 1));
        if (!first) first = id;
        check_fine(collection_add_work(&owner, collection.slug, id, (Str){0}));
    }
    for (int i = 0; i < TAKEN_OUT; i++)
        check_fine(collection_remove_work(&owner, collection.slug, first + i));
    CollectionWorks works;
    check_fine(collection_works(&owner, &collection, (Str){0}, &works));
    assert_int_equal(works.from, 1);
    check_fine(collection_works(&owner, &collection, works.next, &works));
    assert_int_equal(works.count, WORKS - TAKEN_OUT - COLLECTION_WORKS_LISTED_MAX);
    assert_int_equal(works.from, COLLECTION_WORKS_LISTED_MAX + 1);
    assert_false(works.next.len);
    stage_close(stage);
}

static void only_its_owner_and_moderators_change_it(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          other = stage_member(stage, "paul", ROLE_TRUSTED),
          moderator = stage_member(stage, "lena", ROLE_MODERATOR),
          nobody = stage_visit(stage, 0, ROLE_NOBODY);
    int64_t work = publish(&owner, 1);
    Collection collection = make(&owner, "Mine", "unlisted");
    Str slug = collection.slug;
    CollectionWords words = {STR("Yours"), STR(""), STR("public")};
    ErrorList errors = {0};
    check_code(collection_add_work(&other, slug, work, (Str){0}), ERROR_NOT_ALLOWED, "not_allowed");
    check_code(collection_change(&other, slug, &words, &errors), ERROR_NOT_ALLOWED, "not_allowed");
    check_code(collection_remove(&nobody, slug), ERROR_NOT_SIGNED_IN, "not_signed_in");
    check_code(collection_add(&nobody, &words, &errors, &collection), ERROR_NOT_SIGNED_IN,
               "not_signed_in");
    check_fine(collection_add_work(&owner, slug, work, (Str){0}));
    CollectionList list;
    check_fine(collection_list(&nobody, (Str){0}, &list));
    assert_int_equal(list.count, 0); /* unlisted */
    check_fine(collection_list_of_member(&nobody, owner.viewer.member_id, &list));
    assert_int_equal(list.count, 0);
    check_fine(collection_list_of_work(&nobody, work, &list));
    assert_int_equal(list.count, 0);
    check_fine(collection_find(&nobody, slug, &collection)); /* who knows the address */
    check_fine(collection_change(&moderator, slug, &words, &errors));
    check_fine(collection_list(&nobody, (Str){0}, &list));
    assert_int_equal(list.count, 1);
    check_str(list.at[0].title, "Yours");
    assert_true(str_equal(list.at[0].slug, slug));
    check_fine(collection_list_of_work(&nobody, work, &list));
    assert_int_equal(list.count, 1);
    owner.viewer.by_token = true;
    check_code(collection_remove(&owner, slug), ERROR_NOT_ALLOWED, "scope_missing");
    stage_close(stage);
}

static void works_that_are_gone_keep_their_place(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          nobody = stage_visit(stage, 0, ROLE_NOBODY);
    int64_t first = publish(&owner, 1), second = publish(&owner, 2);
    Collection collection = make(&owner, "Two", "public");
    check_fine(collection_add_work(&owner, collection.slug, first, (Str){0}));
    check_fine(collection_add_work(&owner, collection.slug, second, (Str){0}));
    check_fine(torrent_withdraw(&owner, first, STR("")));
    CollectionWorks works;
    check_fine(collection_works(&nobody, &collection, (Str){0}, &works));
    assert_int_equal(works.count, 2);
    assert_int_equal(works.at[0].torrent.state, TORRENT_WITHDRAWN);
    Collection other = make(&owner, "More", "public");
    check_code(collection_add_work(&owner, other.slug, first, (Str){0}), ERROR_CONFLICT,
               "not_published");
    check_code(collection_add_work(&owner, other.slug, second + 9, (Str){0}), ERROR_NOT_FOUND,
               "not_found");
    stage_close(stage);
}

static void who_follows_sees_what_came_since(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          friend = stage_member(stage, "paul", ROLE_MEMBER);
    int64_t first = publish(&owner, 1), second = publish(&owner, 2);
    Collection collection = make(&owner, "News", "public");
    check_fine(collection_add_work(&owner, collection.slug, first, (Str){0}));
    check_fine(collection_follow(&friend, collection.slug));
    check_fine(collection_follow(&friend, collection.slug));
    owner.now += 60;
    friend.now += 120;
    check_fine(collection_add_work(&owner, collection.slug, second, (Str){0}));
    check_fine(collection_find(&friend, collection.slug, &collection));
    assert_int_equal(collection.followers, 1);
    assert_true(collection.is_followed);
    CollectionList followed;
    CollectionWorks news;
    check_fine(collection_list_followed(&friend, &followed));
    assert_int_equal(followed.count, 1);
    assert_int_equal(followed.at[0].news, 1);
    check_fine(collection_news(&friend, &news));
    assert_int_equal(news.count, 1);
    assert_int_equal(news.at[0].torrent.id, second);
    check_fine(collection_see_news(&friend));
    check_fine(collection_news(&friend, &news));
    assert_int_equal(news.count, 0);
    check_fine(collection_newest(&friend, &collection, &news));
    assert_int_equal(news.at[0].torrent.id, second); /* a feed has the last one first */
    check_fine(collection_unfollow(&friend, collection.slug));
    check_fine(collection_unfollow(&friend, collection.slug));
    check_fine(collection_find(&friend, collection.slug, &collection));
    assert_int_equal(collection.followers, 0);
    stage_close(stage);
}

static void words_and_numbers_are_bounded(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER);
    int64_t work = publish(&owner, 1);
    char *letters = arena_new(&stage->arena, char, COLLECTION_DESCRIPTION_BYTES_MAX + 1);
    memset(letters, 'a', COLLECTION_DESCRIPTION_BYTES_MAX + 1);
    CollectionWords words = {{letters, COLLECTION_TITLE_BYTES_MAX + 1},
                             {letters, COLLECTION_DESCRIPTION_BYTES_MAX + 1},
                             STR("secret")};
    ErrorList errors = {0};
    Collection collection;
    check_code(collection_add(&owner, &words, &errors, &collection), ERROR_BAD_INPUT, "too_long");
    assert_int_equal(errors.count, 3);
    assert_non_null(error_list_find(&errors, "title"));
    assert_non_null(error_list_find(&errors, "description"));
    assert_non_null(error_list_find(&errors, "visibility"));
    words = (CollectionWords){{letters, COLLECTION_TITLE_BYTES_MAX},
                              {letters, COLLECTION_DESCRIPTION_BYTES_MAX},
                              STR("unlisted")};
    errors = (ErrorList){0};
    check_fine(collection_add(&owner, &words, &errors, &collection));
    check_fine(collection_add_work(&owner, collection.slug, work,
                                   (Str){letters, COLLECTION_NOTE_BYTES_MAX}));
    check_code(collection_note_work(&owner, collection.slug, work,
                                    (Str){letters, COLLECTION_NOTE_BYTES_MAX + 1}),
               ERROR_BAD_INPUT, "too_long");
    words = (CollectionWords){STR(" "), STR("\x02"), STR("public")};
    errors = (ErrorList){0};
    check_code(collection_add(&owner, &words, &errors, &collection), ERROR_BAD_INPUT,
               "title_required");
    assert_int_equal(errors.count, 2);
    for (int i = 1; i < COLLECTIONS_OF_MEMBER_MAX; i++) make(&owner, "Another", "unlisted");
    words = (CollectionWords){STR("One more"), STR(""), STR("public")};
    errors = (ErrorList){0};
    check_code(collection_add(&owner, &words, &errors, &collection), ERROR_CONFLICT,
               "too_many_collections");
    stage_close(stage);
}

static void the_list_of_all_is_paged(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER);
    int64_t work = publish(&owner, 1);
    enum { COLLECTIONS = COLLECTIONS_LISTED_MAX + 7 };
    for (int i = 0; i < COLLECTIONS; i++) {
        Collection collection = make(&owner, "One", "public");
        owner.now += i % 2;
        check_fine(collection_add_work(&owner, collection.slug, work, (Str){0}));
    }
    CollectionList list;
    check_fine(collection_list(&owner, (Str){0}, &list));
    assert_int_equal(list.count, COLLECTIONS_LISTED_MAX);
    int64_t last = list.at[list.count - 1].id;
    check_fine(collection_list(&owner, list.next, &list));
    assert_int_equal(list.count, 7);
    assert_int_equal(list.at[0].id, last - 1);
    assert_int_equal(list.next.len, 0);
    check_code(collection_list(&owner, STR("1-x"), &list), ERROR_BAD_INPUT, "bad_cursor");
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_collection_keeps_its_order_and_notes),
        cmocka_unit_test(the_second_page_counts_on_where_works_were_taken_out),
        cmocka_unit_test(only_its_owner_and_moderators_change_it),
        cmocka_unit_test(works_that_are_gone_keep_their_place),
        cmocka_unit_test(who_follows_sees_what_came_since),
        cmocka_unit_test(words_and_numbers_are_bounded),
        cmocka_unit_test(the_list_of_all_is_paged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
