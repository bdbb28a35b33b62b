#include "site/series_view.h"

static Url series_link(const Request *request, Str slug) {
    return url_path(arena_print(request->arena, "/%s/series/%.*s", language_code(request->language),
                                STR_PRINTF(slug)));
}

Error series_view_of_work(const Request *request, const Torrent *torrent,
                          WorkEditionView *ret_view) {
    Visit *visit = page_visit(request);
    WorkEdition edition;
    TRY(series_of_work(visit, torrent, &edition));
    if (!edition.is_one) return OK;
    WorkEditionView view = {.name = edition.series.name,
                            .label = edition.label,
                            .link = series_link(request, edition.series.slug),
                            .dated_at = edition.dated_at,
                            .is_newest = edition.is_newest};
    if (edition.is_superseded) {
        view.newest = url_path(torrent_path(visit, request->language, &edition.newest));
        view.newest_title = edition.newest.title;
        view.newest_label = edition.newest_label;
    }
    *ret_view = view;
    return OK;
}

SameView series_view_same(const Request *request, const SameFiles *same) {
    SameItem *items = arena_new(request->arena, SameItem, same->count + 1);
    for (size_t i = 0; i < same->count; i++) {
        const SameWork *work = &same->works[i];
        Str path = torrent_path(page_visit(request), request->language, &work->torrent);
        items[i] = (SameItem){.title = work->torrent.title,
                              .link = url_path(path),
                              .files = work->files,
                              .size_bytes = work->size_bytes,
                              .is_guess = work->is_guess};
    }
    return (SameView){.works = {items, same->count},
                      .files = same->files,
                      .size_bytes = same->size_bytes,
                      .has_all = same->has_all,
                      .is_guess = same->is_guess};
}

EditionWords series_view_typed(const Form *form) {
    return (EditionWords){.series = form_text(form, "series"),
                          .series_name = form_text(form, "series_name"),
                          .label = form_text(form, "edition"),
                          .date = form_text(form, "edition_date")};
}

static Error own_series(const Request *request, Choices *ret_choices) {
    SeriesList list;
    TRY(series_list_own(page_visit(request), &list));
    Choice *choices = arena_new(request->arena, Choice, list.count + 1);
    for (size_t i = 0; i < list.count; i++)
        choices[i] = (Choice){list.at[i].slug, list.at[i].name, false};
    *ret_choices = (Choices){choices, list.count};
    return OK;
}

Error series_view_fill_upload(const Request *request, const EditionWords *words,
                              const ErrorList *errors, UploadPage *page) {
    Arena *arena = request->arena;
    Language language = request->language;
    page->series = field_of(arena, language, errors, "series", words->series);
    page->series_name = field_of(arena, language, errors, "series_name", words->series_name);
    page->edition = field_of(arena, language, errors, "edition", words->label);
    page->edition_date = field_of(arena, language, errors, "edition_date", words->date);
    page->edition_open = words->series.len || words->series_name.len || words->label.len ||
                         words->date.len || page->series.fault.len || page->series_name.fault.len ||
                         page->edition.fault.len || page->edition_date.fault.len;
    return own_series(request, &page->own_series);
}
