/* series_view.h — what pages of works and of the upload show of series and of same files. */
#pragma once
#include "community/file_key.h"
#include "community/series.h"
#include "site/page.h"

MUST_USE Error series_view_of_work(const Request *request, const Torrent *torrent,
                                   WorkEditionView *ret_view);
SameView series_view_same(const Request *request, const SameFiles *same);
/* Of the upload form; they are posted under these names, too. */
EditionWords series_view_typed(const Form *form);
MUST_USE Error series_view_fill_upload(const Request *request, const EditionWords *words,
                                       const ErrorList *errors, UploadPage *page);
