/* api.h — the handlers of the JSON API, and what machines read: the same community calls as the
 * pages make. Field names are the contract of docs/generated/openapi.json. Errors are RFC 9457
 * problem documents. */
#pragma once
#include "community/list.h"
#include "http/route.h"

Error api_account_add(Request *request, Response *response);
Error api_token_add(Request *request, Response *response);
Error api_torrent_list(Request *request, Response *response);
Error api_torrent_show(Request *request, Response *response);
Error api_torrent_add(Request *request, Response *response);
Error api_tag_list(Request *request, Response *response);
Error api_tag_show(Request *request, Response *response);
Error api_tag_describe(Request *request, Response *response);
Error api_tag_merge(Request *request, Response *response);
Error api_tag_undo(Request *request, Response *response);
Error api_collection_list(Request *request, Response *response);
Error api_collection_add(Request *request, Response *response);
Error api_collection_show(Request *request, Response *response);
Error api_collection_change(Request *request, Response *response);
Error api_collection_put(Request *request, Response *response);
Error api_collection_take_out(Request *request, Response *response);
Error api_collection_remove(Request *request, Response *response);
Error api_collection_follow(Request *request, Response *response);
Error api_followed(Request *request, Response *response);
Error api_category_list(Request *request, Response *response);
Error api_series_list(Request *request, Response *response);
Error api_series_show(Request *request, Response *response);
Error api_series_add(Request *request, Response *response);
Error api_series_put(Request *request, Response *response);
Error api_top(Request *request, Response *response);
Error api_needs(Request *request, Response *response);
Error api_random(Request *request, Response *response);
Error api_giving_add(Request *request, Response *response);
Error api_giving_show(Request *request, Response *response);
Error api_suggest(Request *request, Response *response);
Error api_totals(Request *request, Response *response);
Error api_openapi(Request *request, Response *response);

/* The words of form_list. */
ListWords api_list_typed(const Form *form);
void api_error(const Request *request, Error e, Response *response);
