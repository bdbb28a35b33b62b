#include "base/heap.h"
#include "search/posting.h"
#include "search/search_state.h"
#include "search/segment_layout.h"

/* Works as they should be, beside the part of the view that holds them. */
typedef struct {
    const Segment *wanted;
    const View *view;
    uint32_t *parts, *documents; /* of each wanted document; DOCUMENT_NONE: not here */
    bool *told;
    void (*report)(void *argument, int64_t id, const char *what);
    void *argument;
    PostingReader *readers;
    bool *opened; /* of each part, for the word at hand */
} Checking;

static void differs(Checking *checking, uint32_t document, const char *what) {
    if (!checking->told[document])
        checking->report(checking->argument, checking->wanted->columns.ids[document], what);
    checking->told[document] = true;
}

static void locate(Checking *checking) {
    const Columns *columns = &checking->wanted->columns;
    for (uint32_t i = 0; i < columns->count; i++) {
        checking->documents[i] = DOCUMENT_NONE;
        for (size_t part = 0; part < checking->view->count; part++) {
            const ViewPart *at = &checking->view->parts[part];
            uint32_t document = segment_document(at->segment, columns->ids[i]);
            if (document == DOCUMENT_NONE || !view_part_has(at, document)) continue;
            if (checking->documents[i] != DOCUMENT_NONE) differs(checking, i, "is here twice");
            checking->parts[i] = (uint32_t)part;
            checking->documents[i] = document;
        }
        if (checking->documents[i] == DOCUMENT_NONE) differs(checking, i, "is missing");
    }
}

static void check_columns(Checking *checking, uint32_t i) {
    const Segment *segment = checking->view->parts[checking->parts[i]].segment;
    const Columns *wanted = &checking->wanted->columns, *here = &segment->columns;
    uint32_t document = checking->documents[i];
    bool same = wanted->sizes[i] == here->sizes[document] &&
                wanted->published_at[i] == here->published_at[document] &&
                wanted->file_counts[i] == here->file_counts[document] &&
                wanted->categories[i] == here->categories[document] &&
                wanted->may[i] == here->may[document];
    if (!same) differs(checking, i, "has another size, date, category or number of files");
    if (!str_equal(segment_license(checking->wanted, wanted->licenses[i]),
                   segment_license(segment, here->licenses[document])) ||
        !str_equal(segment_language(checking->wanted, wanted->languages[i]),
                   segment_language(segment, here->languages[document])))
        differs(checking, i, "has another licence or language");
    SearchCounts a = segment_counts(checking->wanted, i), b = segment_counts(segment, document);
    if (a.seeders != b.seeders || a.leechers != b.leechers || a.completed != b.completed ||
        a.is_claimed != b.is_claimed)
        differs(checking, i, "has other counts");
}

static bool has_key(const Segment *segment, uint64_t key, uint32_t document) {
    const uint32_t *documents;
    size_t count = segment_documents_by_key(segment, key, &documents);
    for (size_t i = 0; i < count; i++)
        if (documents[i] == document) return true;
    return false;
}

static void check_keys(Checking *checking) {
    const Segment *wanted = checking->wanted;
    for (size_t at = 0; at < wanted->key_count; at++) {
        uint32_t i = wanted->key_documents[at];
        if (checking->documents[i] == DOCUMENT_NONE) continue;
        const Segment *segment = checking->view->parts[checking->parts[i]].segment;
        if (!has_key(segment, wanted->keys[at], checking->documents[i]))
            differs(checking, i, "is not found by one of its files");
    }
}

/* Documents rise in both: each reader goes once through its list. */
static uint64_t check_word(Checking *checking, Str word, Str list) {
    Posting posting = posting_open(list, checking->wanted->columns.count);
    memset(checking->opened, 0, checking->view->count * sizeof *checking->opened);
    for (PostingReader reader = posting_reader(&posting); posting_read_next(&reader);) {
        uint32_t i = reader.document, part = checking->parts[i];
        if (checking->documents[i] == DOCUMENT_NONE) continue;
        const Segment *segment = checking->view->parts[part].segment;
        if (!checking->opened[part]) {
            Posting there = posting_open(segment_find(segment, word), segment_count(segment));
            checking->readers[part] = posting_reader(&there);
            checking->opened[part] = true;
        }
        PostingReader *there = &checking->readers[part];
        if (!posting_seek(there, checking->documents[i]) ||
            posting_read_fields(there) != posting_read_fields(&reader) ||
            !str_equal(posting_read_packed(there), posting_read_packed(&reader)))
            differs(checking, i, "lacks a word, or has it elsewhere");
    }
    return posting.count;
}

uint64_t search_check_works(Search *search, const SearchWork *works, size_t count,
                            void (*report)(void *argument, int64_t id, const char *what),
                            void *argument) {
    Draft *draft = draft_create();
    for (size_t i = 0; i < count; i++) draft_add(draft, &works[i]);
    Segment *wanted = draft_finish(draft);
    draft_free(draft);
    View *view = search_hold(search);
    uint32_t documents = wanted->columns.count;
    Checking checking = {.wanted = wanted,
                         .view = view,
                         .parts = heap_new(documents, sizeof *checking.parts),
                         .documents = heap_new(documents, sizeof *checking.documents),
                         .told = heap_new(documents, sizeof *checking.told),
                         .report = report,
                         .argument = argument,
                         .readers = heap_new(view->count, sizeof *checking.readers),
                         .opened = heap_new(view->count, sizeof *checking.opened)};
    locate(&checking);
    for (uint32_t i = 0; i < documents; i++)
        if (checking.documents[i] != DOCUMENT_NONE) check_columns(&checking, i);
    check_keys(&checking);
    SegmentWords words;
    uint64_t places = wanted->key_count;
    segment_words(wanted, (Str){0}, &words);
    while (segment_next_word(&words)) places += check_word(&checking, words.word, words.list);
    heap_free(checking.parts);
    heap_free(checking.documents);
    heap_free(checking.told);
    heap_free(checking.readers);
    heap_free(checking.opened);
    view_release(view);
    segment_release(wanted);
    return places;
}

uint64_t search_count_places(Search *search) {
    View *view = search_hold(search);
    uint64_t places = 0;
    for (size_t i = 0; i < view->count; i++) {
        const ViewPart *part = &view->parts[i];
        for (size_t at = 0; at < part->segment->key_count; at++)
            places += view_part_has(part, part->segment->key_documents[at]);
        SegmentWords words;
        segment_words(part->segment, (Str){0}, &words);
        while (segment_next_word(&words)) {
            Posting posting = posting_open(words.list, segment_count(part->segment));
            places += posting.count;
            if (!part->gone) continue;
            for (PostingReader reader = posting_reader(&posting); posting_read_next(&reader);)
                places -= !view_part_has(part, reader.document);
        }
    }
    view_release(view);
    return places;
}
