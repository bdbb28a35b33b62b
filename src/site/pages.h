/* pages.h — the handlers of every HTML page: read the form, call community/, fill a view. One .c a
 * noun. request->viewer is a Visit (community.h). POST handlers answer 303, or the same page again
 * with its errors. */
#pragma once
#include "http/route.h"

/* start_pages.c */
/* any page address without its language */
Error page_choose_language(Request *request, Response *response);
Error page_home(Request *request, Response *response);
Error page_about(Request *request, Response *response);
Error page_opensearch(Request *request, Response *response);
Error page_licences(Request *request, Response *response);
/* browse_pages.c */
Error page_browse(Request *request, Response *response);
Error page_search(Request *request, Response *response);
Error page_saved_searches(Request *request, Response *response);
Error page_saved_search_post(Request *request, Response *response);
Error page_saved_search_remove_post(Request *request, Response *response);
Error page_search_help(Request *request, Response *response);
Error page_search_ranking(Request *request, Response *response);
/* top_pages.c */
Error page_top_start(Request *request, Response *response);
Error page_top(Request *request, Response *response);
/* need_pages.c */
Error page_needs(Request *request, Response *response);
Error page_random(Request *request, Response *response);
Error page_uses(Request *request, Response *response);
/* giving_pages.c */
Error page_giving_start(Request *request, Response *response);
Error page_giving_post(Request *request, Response *response);
Error page_giving(Request *request, Response *response);
Error page_giving_magnets(Request *request, Response *response); /* text, one a line */
Error page_giving_remove_post(Request *request, Response *response);
/* thank_pages.c */
Error page_thank_post(Request *request, Response *response);
Error page_thank_remove_post(Request *request, Response *response);
/* statistics_pages.c */
Error page_statistics(Request *request, Response *response);
/* torrent_pages.c */
Error page_torrent(Request *request, Response *response);
Error page_torrent_life(Request *request, Response *response);  /* how it fared */
Error page_torrent_files(Request *request, Response *response); /* the file tree, page by page */
Error page_permalink(Request *request, Response *response); /* /t/{infohash}, also with .torrent */
Error page_edit(Request *request, Response *response);
Error page_edit_post(Request *request, Response *response);
Error page_withdraw(Request *request, Response *response);
Error page_withdraw_post(Request *request, Response *response);
/* upload_pages.c */
Error page_upload(Request *request, Response *response);
Error page_upload_post(Request *request, Response *response);
/* series_pages.c */
Error page_series_list(Request *request, Response *response);
Error page_series(Request *request, Response *response);
Error page_series_put_post(Request *request, Response *response);
Error page_series_take_out_post(Request *request, Response *response);
Error page_series_remove_post(Request *request, Response *response);
Error page_series_new(Request *request, Response *response);
Error page_series_new_post(Request *request, Response *response);
Error page_series_edit(Request *request, Response *response);
Error page_series_edit_post(Request *request, Response *response);
Error page_series_latest(Request *request, Response *response); /* /s/{slug}/latest */
Error page_series_file(Request *request, Response *response);   /* the same with .torrent */
/* tag_pages.c */
Error page_tags(Request *request, Response *response);
Error page_tag(Request *request, Response *response);
Error page_tag_edit(Request *request, Response *response);
Error page_tag_edit_post(Request *request, Response *response);
Error page_tag_synonym_post(Request *request, Response *response);
Error page_tag_merge_post(Request *request, Response *response);
Error page_tag_undo_post(Request *request, Response *response);
/* collection_pages.c */
Error page_collections(Request *request, Response *response);
Error page_collection_new(Request *request, Response *response);
Error page_collection_new_post(Request *request, Response *response);
Error page_collection(Request *request, Response *response);
Error page_collection_edit(Request *request, Response *response);
Error page_collection_edit_post(Request *request, Response *response);
Error page_collection_add_post(Request *request, Response *response);
Error page_collection_work_post(Request *request, Response *response);
Error page_collection_follow_post(Request *request, Response *response);
Error page_collection_remove_post(Request *request, Response *response);
Error page_collect_post(Request *request, Response *response); /* from the page of a work */
Error page_followed(Request *request, Response *response);
Error page_followed_seen_post(Request *request, Response *response);
/* member_pages.c */
Error page_member(Request *request, Response *response);
/* account_pages.c */
Error page_register(Request *request, Response *response);
Error page_register_post(Request *request, Response *response);
Error page_login(Request *request, Response *response);
Error page_login_post(Request *request, Response *response);
Error page_logout_post(Request *request, Response *response);
Error page_setup(Request *request, Response *response); /* /setup/{code}: the first administrator */
Error page_setup_post(Request *request, Response *response);
/* settings_pages.c */
Error page_settings(Request *request, Response *response);
Error page_preferences_post(Request *request, Response *response); /* also for nobodies: a cookie */
Error page_password_post(Request *request, Response *response);
Error page_announce_key_post(Request *request, Response *response);
Error page_announce_named_post(Request *request, Response *response);
Error page_announce_key_remove_post(Request *request, Response *response);
Error page_token_post(Request *request, Response *response);
Error page_token_remove_post(Request *request, Response *response);
Error page_session_remove_post(Request *request, Response *response);
Error page_port_post(Request *request, Response *response); /* waits some seconds for the answer */
/* moderation_pages.c */
Error page_moderation(Request *request, Response *response); /* what waits in quarantine */
Error page_publish_post(Request *request, Response *response);
Error page_remove(Request *request, Response *response);
Error page_remove_post(Request *request, Response *response);

/* The page that says what went wrong, in the reader's language; for the server's guard. */
void page_error(const Request *request, Error e, Response *response);
