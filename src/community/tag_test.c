#include "base/text.h"
#include "community/tag_merge.h"
#include "community/test.h"
#include "community/torrent_row.h"
#include "queries/tag_merge.h"

static int64_t publish(Visit *visit, const char *name, char fill, const char *tags) {
    Stage *stage = visit->community->tracker.tracker;
    UploadAsk ask = {.torrent = stage_torrent(stage, CREATE_V1, name, fill),
                     .words = stage_words()};
    ask.words.tags = str_from_c(tags);
    ErrorList errors = {0};
    Upload upload;
    check_fine(upload_add(visit, &ask, &errors, &upload));
    return upload.id;
}

static void check_tags(Visit *visit, int64_t id, const char *wanted) {
    Torrent torrent;
    check_fine(torrent_find(visit, id, &torrent));
    Text text = text_create(visit->arena, 4096);
    for (size_t i = 0; i < torrent.tag_count; i++)
        text_print(&text, "%s%.*s", i ? " " : "", STR_PRINTF(torrent.tags[i]));
    check_str(text_str(&text), wanted);
}

static size_t count_with(Visit *visit, const char *tag) {
    TorrentListAsk ask = {.ask = {.category = SEARCH_ANY, .tag = str_from_c(tag)}};
    TorrentList list;
    check_fine(torrent_list(visit, &ask, &list));
    return list.total;
}

static unsigned work_off(Visit *visit) {
    bool more = true;
    unsigned turns = 0;
    for (; more && turns < 50; turns++) check_fine(tag_merge_work(visit, &more));
    assert_false(more);
    return turns;
}

static void a_tag_is_described_by_who_is_trusted(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          trusted = stage_member(stage, "paul", ROLE_TRUSTED);
    publish(&owner, "a.ogg", 'a', "Folk, Live Music");
    Tag tag;
    check_fine(tag_find(&owner, STR("Live Music"), &tag));
    check_str(tag.name, "live-music");
    assert_int_equal(tag.works, 1);
    check_code(tag_describe(&owner, STR("folk"), STR("Songs")), ERROR_NOT_ALLOWED, "not_allowed");
    check_code(tag_describe(&trusted, STR("no-such"), STR("x")), ERROR_NOT_FOUND, "no_such_tag");
    check_fine(tag_describe(&trusted, STR("folk"), STR("Songs of\r\nthe people")));
    check_fine(tag_describe(&trusted, STR("folk"), STR("Songs of\r\nthe people"))); /* no event */
    check_fine(tag_find(&owner, STR("folk"), &tag));
    check_str(tag.description, "Songs of\nthe people");
    char *longest = arena_new(&stage->arena, char, TAG_DESCRIPTION_BYTES_MAX + 1);
    memset(longest, 'a', TAG_DESCRIPTION_BYTES_MAX + 1);
    check_fine(tag_describe(&trusted, STR("folk"), (Str){longest, TAG_DESCRIPTION_BYTES_MAX}));
    check_code(tag_describe(&trusted, STR("folk"), (Str){longest, TAG_DESCRIPTION_BYTES_MAX + 1}),
               ERROR_BAD_INPUT, "too_long");
    check_code(tag_describe(&trusted, STR("folk"), STR("a\x01")), ERROR_BAD_INPUT,
               "bad_characters");
    TagEvent *events;
    size_t count;
    check_fine(tag_history(&owner, STR("folk"), &events, &count));
    assert_int_equal(count, 2);
    check_str(events[0].what, "described");
    check_str(events[0].actor, "paul");
    stage_close(stage);
}

static void a_synonym_is_put_right_wherever_it_is_typed(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          trusted = stage_member(stage, "paul", ROLE_TRUSTED);
    int64_t first = publish(&owner, "a.ogg", 'a', "Folk");
    TagMerge merge;
    check_code(tag_merge(&owner, STR("folklore"), STR("folk"), &merge), ERROR_NOT_ALLOWED,
               "not_allowed");
    check_fine(tag_merge(&trusted, STR("Folklore"), STR("folk"), &merge));
    int64_t second = publish(&owner, "b.ogg", 'b', "folklore, Folk, jazz");
    check_tags(&owner, second, "folk jazz");
    TorrentWords words = stage_words();
    words.tags = STR("folklore");
    ErrorList errors = {0};
    check_fine(torrent_change(&owner, first, &words, &errors));
    check_tags(&owner, first, "folk");
    assert_int_equal(count_with(&owner, "folklore"), 2);
    assert_int_equal(count_with(&owner, "FOLKLORE"), 2);
    TorrentListAsk ask = {.ask = {.category = SEARCH_ANY, .text = STR("tag:folklore")}};
    TorrentList list;
    check_fine(torrent_list(&owner, &ask, &list));
    assert_int_equal(list.total, 2);
    Tag tag;
    check_fine(tag_find(&owner, STR("folklore"), &tag));
    check_str(tag.name, "folk");
    assert_int_equal(tag.synonym_count, 1);
    check_code(tag_merge(&trusted, STR("folk"), STR("folklore"), &merge), ERROR_CONFLICT,
               "same_tag");
    check_code(tag_merge(&trusted, STR("folklore"), STR("folk"), &merge), ERROR_CONFLICT,
               "same_tag");
    check_code(tag_merge(&trusted, STR("folklore"), STR("jazz"), &merge), ERROR_CONFLICT,
               "is_synonym");
    check_code(tag_merge(&trusted, STR("a b!"), STR("jazz"), &merge), ERROR_BAD_INPUT, "bad_tag");
    check_code(tag_merge(&trusted, STR("x"), STR("unheard"), &merge), ERROR_NOT_FOUND,
               "no_such_tag");
    stage_close(stage);
}

static void a_merge_rewrites_every_work_and_can_be_taken_back(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          trusted = stage_member(stage, "paul", ROLE_TRUSTED);
    enum { WORKS = 230 };
    int64_t ids[WORKS];
    for (int i = 0; i < WORKS; i++) {
        char name[16];
        snprintf(name, sizeof name, "w%d.ogg", i);
        ids[i] = publish(&owner, name, (char)i, i % 3 ? "sci-fi, a" : "a, sf, sci-fi");
    }
    int64_t gone = publish(&owner, "gone.ogg", 'g', "sci-fi");
    int64_t other = publish(&owner, "other.ogg", 'o', "sf");
    check_fine(torrent_withdraw(&owner, gone, STR("")));
    TagMerge merge;
    check_fine(tag_merge(&trusted, STR("scifi"), STR("sci-fi"), &merge));
    work_off(&trusted);
    check_fine(tag_merge(&trusted, STR("sci-fi"), STR("sf"), &merge));
    assert_int_equal(merge.state, TAG_MERGING);
    assert_true(work_off(&trusted) >= 1);
    check_tags(&owner, ids[1], "sf a");
    check_tags(&owner, ids[0], "a sf");
    check_tags(&owner, gone, "sf");
    assert_int_equal(count_with(&owner, "sf"), WORKS + 1);
    assert_int_equal(count_with(&owner, "scifi"), WORKS + 1); /* what stood for it came along */
    TorrentEvent *events;
    size_t count;
    check_fine(torrent_history(&owner, ids[1], &events, &count));
    check_str(events[count - 1].what, "retagged");
    check_str(events[count - 1].detail, "sci-fi \xE2\x86\x92 sf");
    TagMerge *merges;
    check_fine(tag_merge_list(&owner, STR("sf"), &merges, &count));
    assert_int_equal(count, 1);
    assert_int_equal(merges[0].state, TAG_MERGED);
    assert_int_equal(merges[0].works, WORKS + 1);

    check_code(tag_merge_undo(&owner, merge.id, &merge), ERROR_NOT_ALLOWED, "not_allowed");
    check_fine(tag_merge_undo(&trusted, merge.id, &merge));
    check_code(tag_merge_undo(&trusted, merge.id, &merge), ERROR_CONFLICT, "undone_already");
    work_off(&trusted);
    check_tags(&owner, ids[1], "sci-fi a");
    check_tags(&owner, ids[0], "a sf sci-fi");
    check_tags(&owner, gone, "sci-fi");
    check_tags(&owner, other, "sf");
    assert_int_equal(count_with(&owner, "sci-fi"), WORKS);
    assert_int_equal(count_with(&owner, "scifi"), WORKS);
    assert_int_equal(count_with(&owner, "sf"), (WORKS + 2) / 3 + 1);
    stage_close(stage);
}

static void a_merge_half_done_is_taken_back_whole(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          trusted = stage_member(stage, "paul", ROLE_TRUSTED);
    int64_t work = publish(&owner, "a.ogg", 'a', "one"), last = publish(&owner, "b", 'b', "two");
    TagMerge merge, further;
    check_fine(tag_merge(&trusted, STR("one"), STR("two"), &merge));
    check_fine(tag_merge_undo(&trusted, merge.id, &merge));
    work_off(&trusted);
    check_tags(&owner, work, "one");
    check_fine(tag_merge(&trusted, STR("one"), STR("two"), &merge));
    publish(&owner, "c", 'c', "three");
    check_fine(tag_merge(&trusted, STR("two"), STR("three"), &further));
    check_code(tag_merge_undo(&trusted, merge.id, &merge), ERROR_CONFLICT, "merged_further");
    work_off(&trusted);
    check_tags(&owner, work, "three");
    check_tags(&owner, last, "three");
    check_fine(tag_merge_undo(&trusted, further.id, &further));
    work_off(&trusted);
    check_tags(&owner, last, "two");
    check_fine(tag_merge_undo(&trusted, merge.id, &merge));
    work_off(&trusted);
    check_tags(&owner, work, "one");
    stage_close(stage);
}

static Error write_old_word(Db *db, Arena *arena, void *argument) {
    TagMergeSetTagsAsk ask = {*(int64_t *)argument, STR("new one")};
    return query_tag_merge_set_tags(db, arena, ask, NULL);
}

static void a_work_brought_in_under_the_old_word_is_found_and_rewritten(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          trusted = stage_member(stage, "paul", ROLE_TRUSTED);
    int64_t work = publish(&owner, "a.ogg", 'a', "two");
    TagMerge merge;
    check_fine(tag_merge(&trusted, STR("one"), STR("two"), &merge));
    work_off(&trusted);
    check_fine(tag_merge_look_again(&trusted));
    bool more;
    check_fine(tag_merge_work(&trusted, &more));
    assert_false(more);
    check_fine(store_write(stage->community.store, &stage->arena, write_old_word, &work));
    check_fine(torrent_index(&trusted, work));
    check_fine(tag_merge_look_again(&trusted));
    work_off(&trusted);
    check_tags(&owner, work, "new two");
    stage_close(stage);
}

static void a_tag_takes_so_many_synonyms(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit trusted = stage_member(stage, "paul", ROLE_TRUSTED);
    publish(&trusted, "a.ogg", 'a', "folk");
    TagMerge merge;
    for (int i = 0; i < TAG_SYNONYMS_MAX; i++) {
        check_fine(
            tag_merge(&trusted, arena_print(&stage->arena, "word%d", i), STR("folk"), &merge));
        work_off(&trusted);
    }
    check_code(tag_merge(&trusted, STR("one-more"), STR("folk"), &merge), ERROR_CONFLICT,
               "too_many_synonyms");
    stage_close(stage);
}

static void tags_are_listed_by_use_and_as_people_write_them(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER);
    publish(&owner, "a", 'a', "Été, c++");
    publish(&owner, "b", 'b', "c++, live");
    int64_t gone = publish(&owner, "c", 'c', "gone");
    check_fine(torrent_withdraw(&owner, gone, STR("")));
    TagUses tags;
    check_fine(tag_list(&owner, 10, &tags));
    assert_int_equal(tags.count, 3);
    check_str(tags.at[0].name, "c++");
    assert_int_equal(tags.at[0].works, 2);
    check_str(tags.at[1].name, "live");
    check_str(tags.at[2].name, "\xC3\xA9t\xC3\xA9");
    check_fine(tag_list(&owner, 1, &tags));
    assert_int_equal(tags.count, 1);
    check_str(tag_path(&owner, LANGUAGE_EN, STR("c++")), "/en/tag/c%2B%2B");
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_is_described_by_who_is_trusted),
        cmocka_unit_test(a_synonym_is_put_right_wherever_it_is_typed),
        cmocka_unit_test(a_merge_rewrites_every_work_and_can_be_taken_back),
        cmocka_unit_test(a_merge_half_done_is_taken_back_whole),
        cmocka_unit_test(a_work_brought_in_under_the_old_word_is_found_and_rewritten),
        cmocka_unit_test(a_tag_takes_so_many_synonyms),
        cmocka_unit_test(tags_are_listed_by_use_and_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
