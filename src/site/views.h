/* views.h — what each page shows. One struct a page; site/views/NAME.html is the page itself.
 * A handler fills the struct and calls view_NAME(&writer, &page), declared in the generated
 * "site/views/compiled.h" (which includes this header). Everything is plain: Str is escaped, Url
 * has passed a check, Html comes from markdown.c; times are Unix seconds, 0 for never; an empty
 * Str, Url or list means "not there", and the view has words for that. Names that come from const
 * tables (categories, licence groups, roles) are given in English: the view translates them. The
 * comment on each form says where it posts and which fields it sends besides `csrf`. */
#pragma once
#include "site/chart.h"
#include "site/html.h"

/* --- pieces ----------------------------------------------------------------------------------- */

typedef struct {
    Str code;     /* "fr" */
    Str name;     /* in its own language: "Français" */
    Url link;     /* this page in that language, as a path */
    Url absolute; /* the same with site URL, for hreflang */
    bool current;
} LanguageLink;
typedef struct {
    const LanguageLink *at;
    size_t count;
} LanguageLinks;

/* Around every page. For a nobody `csrf` may stay empty on pages without form, so that they can be
 * kept in the micro-cache. */
typedef struct {
    Str title;       /* without the site's name; empty on the home page */
    Str description; /* for search engines and previews; may be empty */
    Str site_name;
    LanguageLinks languages; /* see layout_languages in site/layout.h */
    Str theme;               /* "light", "dark"; empty: as the system says */
    Str query;               /* what stands in the search box */
    Str member;              /* name of who is signed in; empty: nobody */
    bool is_moderator, is_admin;
    bool registration_open;
    Str csrf;
    Url feed, feed_atom; /* this list as RSS and as Atom; empty: none */
    Str section;       /* nav item to mark: "home", "browse", "upload", "about", "settings", … */
    Str message;       /* said once at the top after an action, already translated; may be empty */
    bool private_page; /* not for search engines */
    Url canonical;     /* absolute; may be empty */
} Layout;

typedef struct {
    Str name;  /* "linux" */
    Str label; /* English: "Linux and BSD" */
    Str words; /* English: what belongs here */
    uint64_t count;
    bool current;
} CategoryItem;
typedef struct {
    const CategoryItem *at;
    size_t count;
} CategoryItems;

/* A licence in plain words; see licence_item in site/layout.h. */
typedef struct {
    Str id;   /* "CC-BY-SA-4.0" */
    Str name; /* "Creative Commons Attribution-ShareAlike 4.0" */
    Url url;
    bool may_use, may_share, may_change, may_sell;
    bool must_credit, must_share_alike, must_give_source;
    bool selected; /* in a picker */
} LicenceItem;
typedef struct {
    const LicenceItem *at;
    size_t count;
} LicenceItems;
typedef struct {
    Str label; /* English: "Creative Commons" */
    LicenceItems licences;
    bool open; /* unfolded in the picker: the first, and the one with the choice made */
} LicenceGroup;
typedef struct {
    const LicenceGroup *at;
    size_t count;
} LicenceGroups;

typedef struct {
    Str title;
    Url link, magnet, file;
    Str category, category_label; /* "linux", English "Linux and BSD" */
    LicenceItem licence;
    uint64_t size_bytes, files;
    uint64_t seeders, leechers, completed, thanks;
    Seconds counted_at, published_at;
    Seconds claimed_at; /* the counts are somebody's word, of then; 0: our tracker's */
    Str health, health_name, health_mark; /* "at_risk", English "At risk", symbol: site/health.h */
    Str uploader;
    Str matched_path; /* the file that made it a hit; may be empty */
    Str state;        /* "published", "quarantined", "withdrawn", "removed" */
    bool is_private;
} TorrentRow;
typedef struct {
    const TorrentRow *at;
    size_t count;
} TorrentRows;

/* One input of a form: what was typed and what is wrong with it (translated), or empty. */
typedef struct {
    Str value, fault;
} Field;
typedef struct {
    Str field; /* its name: the summary links to #field-NAME; empty: the form as a whole */
    Str words; /* translated */
} Fault;
typedef struct {
    const Fault *at;
    size_t count;
} Faults;

typedef struct {
    Str value, label; /* label in English when it comes from a table */
    bool selected;
    bool is_below; /* the choice before it that is not */
} Choice;
typedef struct {
    const Choice *at;
    size_t count;
} Choices;

typedef struct {
    Str label; /* translated or as is */
    uint64_t count;
    Url link;
    bool current;
} LinkItem;
typedef struct {
    const LinkItem *at;
    size_t count;
} LinkItems;

typedef struct {
    const Str *at;
    size_t count;
} Strs;

/* A collection as a line. */
typedef struct {
    Str title, owner;
    Url link;
    uint64_t works, followers, news;
    Seconds changed_at;
    bool is_public;
} CollectionItem;
typedef struct {
    const CollectionItem *at;
    size_t count;
} CollectionItems;

/* --- home: view_home -------------------------------------------------------------------------- */
typedef struct {
    Layout layout;
    TorrentRows newest, most_alive, at_risk;
    uint64_t at_risk_total;
    CategoryItems categories;
    uint64_t works, seeders, leechers, completed, members;
} HomePage;

/* --- browse a category: view_browse ----------------------------------------------------------- */
typedef struct {
    Layout layout;
    CategoryItem category, parent;      /* name empty: everything; it has none */
    CategoryItems categories, children; /* of the first level; on this shelf or beside it */
    TorrentRows rows;
    uint64_t total;
    LinkItems sorts; /* label English: "Newest", "Most seeders", "Largest", "Most downloaded" … */
    LinkItems healths; /* filters; label English */
    Str health;        /* the one in force; empty: none */
    Url next, first;   /* next page; back to the first one when not on it */
} BrowsePage;

/* What a work is to its series: on the page of the work. */
typedef struct {
    Str name, label; /* name empty: it is of none */
    Url link;
    Seconds dated_at;
    bool is_newest;
    Url newest; /* empty: nothing supersedes it */
    Str newest_title, newest_label;
} WorkEditionView;

/* Works with the same files. */
typedef struct {
    Str title;
    Url link;
    uint64_t files, size_bytes;
    bool is_guess;
} SameItem;
typedef struct {
    const SameItem *at;
    size_t count;
} SameItems;
typedef struct {
    SameItems works;
    uint64_t files, size_bytes; /* of this work, in any of them */
    bool has_all, is_guess;
} SameView;

/* --- one torrent: view_torrent ---------------------------------------------------------------- */
typedef struct TreeNode TreeNode;
typedef struct {
    const TreeNode *at;
    size_t count;
} TreeNodes;
/* See site/file_tree.h, which makes it. */
struct TreeNode {
    Str name;
    uint64_t size_bytes;
    uint64_t files; /* of a folder: all below it */
    bool is_folder, open;
    TreeNodes children;
};

typedef struct {
    Str label; /* "http://mirror.example/…" */
    Url link;  /* empty when not http(s) */
    Str state; /* English: how it was found; empty: not probed */
    bool is_fine;
    Seconds checked_at;
} AddressItem;
typedef struct {
    const AddressItem *at;
    size_t count;
} AddressItems;

/* What a tracker that is not ours said of the swarm. */
typedef struct {
    Str tracker;
    bool counted;
    uint64_t seeders, leechers;
    Seconds checked_at; /* of the counts */
    Str trouble;        /* English: why the last try brought none; empty when it did */
    Seconds tried_at;
} ForeignItem;
typedef struct {
    const ForeignItem *at;
    size_t count;
} ForeignItems;

typedef struct {
    Seconds at;
    Str actor;
    Str what;   /* English: "published", "edited", "withdrawn", … */
    Str detail; /* may be empty */
} HistoryItem;
typedef struct {
    const HistoryItem *at;
    size_t count;
} HistoryItems;

/* How it fares: see site/health.h, which makes it. */
typedef struct {
    uint64_t seeders_v6, leechers_v6, seeders_web, leechers_web; /* of row.seeders, row.leechers */
    bool has_families;                                           /* any of these */
    Seconds first_seeder_at, last_seeder_at;
    Chart hours; /* top 0: none */
} TorrentHealthView;

/* POST {link}/collect: collection (empty: a new one), title, note */
typedef struct {
    CollectionItems items;
    Choices own; /* the last one is a new one */
    bool has_own, may_collect;
} WorkCollectionsView;

/* All its life: view_torrent_life. */
typedef struct {
    Layout layout;
    TorrentRow row;
    Charts charts;
} TorrentLifePage;

typedef struct {
    Layout layout;
    int64_t id;
    TorrentRow row; /* title, link, category, licence, size, counts, state, magnet, file … */
    Str author, source, language; /* source: as typed; language: BCP 47 code */
    Url source_url;               /* the same when it is http(s) */
    Str language_label;           /* English: "French" */
    LinkItems tags;
    Str attribution;      /* plain text, ready to paste */
    Str attribution_html; /* the same as markup, shown as text to copy */
    Url magnet_v1;        /* of a hybrid; else empty */
    Url permalink;        /* absolute "/t/{hash}" */
    Str hash_v1, hash_v2; /* hex */
    uint64_t piece_bytes, pieces;
    Str name; /* of the torrent itself */
    Html description;
    TreeNodes files;
    uint64_t files_from, files_to; /* which of row.files are shown, from 1; both 0 when none */
    Url files_next, files_previous;
    Strs trackers;
    AddressItems web_seeds;
    bool seeds_probed;
    ForeignItems foreign;
    uint64_t foreign_trackers; /* that said anything lately, and the most any of them said: */
    uint64_t foreign_seeders, foreign_leechers;
    uint64_t knocked, reachable; /* seeders; both 0: none was knocked at */
    Seconds knocked_at;
    HistoryItems history;
    WorkCollectionsView collections;
    TorrentHealthView health;
    WorkEditionView edition;
    SameView same;
    Str host;   /* the first of the members who share it now and may be named */
    Strs hosts; /* the others */
    uint64_t hosts_unnamed;
    bool is_keyed;               /* magnet and file carry the visitor's own announce address */
    bool may_thank, has_thanked; /* the visitor: POST {link}/thank, {link}/thank/remove (nothing) */
    Url thank_sign_in;           /* for a nobody */
    Seconds changed_at;
    bool may_edit, may_moderate;  /* edit and withdraw; publish and remove */
    Str state_reason, state_note; /* reason in English; of a withdrawal or removal */
    Seconds state_at;
    Str state_actor;
} TorrentPage;
/* Edit, withdraw and remove are {link}/edit, {link}/withdraw, {link}/remove; a moderator lets a
 * waiting work appear by POST {link}/publish (nothing). */

/* Further files, a page of the tree at a time: view_torrent_files. */
typedef struct {
    Layout layout;
    int64_t id;
    Str title;
    Url link;
    uint64_t files, files_from, files_to; /* of how many, and which are shown, from 1 */
    TreeNodes tree;
    Url next, previous;
} TorrentFilesPage;

/* --- upload, edit, withdraw: view_upload, view_edit, view_withdraw ---------------------------- */
/* The words about a work; the same fields in upload and edit. */
typedef struct {
    Field title, description, category, tags, license, author, source_url, language;
    Choices categories, languages; /* first choice of each: value "" */
    LicenceGroups licences;
} WorkFields;

/* POST /{lang}/upload, multipart: torrent (file), kept, step, series, series_name, edition,
 * edition_date, same_files, and the names in WorkFields.
 * step=look: read the file, answer this page again, filled in; step=publish: publish.
 * `kept` stands for a file received before, so that nobody must choose it again. */
typedef struct {
    Layout layout;
    Faults faults;
    WorkFields work;
    Field torrent;
    Str kept;      /* token of the file kept; empty: none, the file input is required */
    Str kept_name; /* of the torrent in it */
    uint64_t kept_size_bytes, kept_files;
    Str kept_hash; /* hex, v1 or v2 */
    bool kept_private;
    Url existing; /* the page that has this torrent already; empty: none */
    Str existing_title;
    Strs announce_urls; /* ours: to put into a torrent before seeding */
    bool waits_for_review;
    Field series, series_name, edition, edition_date;
    Choices own_series; /* value: slug, label: name */
    bool edition_open;  /* something of it is filled in, or wrong */
    SameView same;      /* what of the torrent is here already, in other works */
    Field same_files;   /* its fault: whoever means it must say so */
} UploadPage;

/* POST {link}/edit: the names in WorkFields. */
typedef struct {
    Layout layout;
    Faults faults;
    int64_t id;
    Url link; /* the torrent's page */
    Str name;
    WorkFields work;
} EditPage;

/* POST {link}/withdraw: note */
typedef struct {
    Layout layout;
    Faults faults;
    int64_t id;
    Url link;
    Str title;
    Field note;
} WithdrawPage;

/* --- moderators: view_moderation, view_remove ------------------------------------------------- */
/* Each row has a button: POST {row.link}/publish (nothing), and a link to {row.link}/remove. */
typedef struct {
    Layout layout;
    TorrentRows rows;
    uint64_t total;
} ModerationPage;

/* POST {link}/remove: reason note */
typedef struct {
    Layout layout;
    Faults faults;
    Url link;
    Str title;
    Choices
        reasons; /* labels English: "Rights of others", … see removal_reasons in site/layout.h */
    Field reason, note;
} RemovePage;

/* --- people: view_member, view_register, view_login, view_settings, view_setup ---------------- */
typedef struct {
    Layout layout;
    Str name;
    Str role; /* English: "member", "trusted", "moderator", "admin" */
    Seconds joined_at;
    uint64_t works;
    TorrentRows rows;
    Url next, first;
    bool own; /* the visitor's own page */
    bool banned;
    LinkItems hosted; /* works shared at this moment, to whom this may be told */
    CollectionItems collections;
} MemberPage;

/* POST /{lang}/register: name email password */
typedef struct {
    Layout layout; /* layout.registration_open decides whether a form is shown */
    Faults faults;
    Field name, email, password;
} RegisterPage;

/* POST /{lang}/login: name password next */
typedef struct {
    Layout layout;
    Faults faults;
    Field name;
    Str next; /* path to go to afterwards; may be empty */
} LoginPage;
/* Signing out: POST /{lang}/logout, nothing */

typedef struct {
    int64_t id;
    Str label, scopes;
    Seconds created_at, used_at;
    bool current;
} SessionItem;
typedef struct {
    const SessionItem *at;
    size_t count;
} SessionItems;

/* POST /{lang}/preferences: language theme next (also for a nobody: cookies)
 * POST /{lang}/settings/password: old_password new_password
 * POST /{lang}/settings/tokens: label scope_read scope_upload scope_moderate scope_admin (checks)
 * POST /{lang}/settings/tokens/remove, /{lang}/settings/sessions/remove: id
 * POST /{lang}/settings/announce-key, /{lang}/settings/announce-key/remove: nothing
 * POST /{lang}/settings/announce-key/named: named (check)
 * POST /{lang}/settings/port: port */
typedef struct {
    Layout layout; /* layout.member empty: only the preferences are shown */
    Faults faults;
    Choices languages, themes; /* theme values: "auto" "light" "dark"; labels English */
    Field old_password, new_password;
    Field token_label, token_scopes;
    Str new_token; /* shown once, right after it was made */
    SessionItems tokens, sessions;
    bool has_announce_key, announce_named;
    Seconds announce_made_at;
    Strs announce_urls; /* with the key in them, once there is one */
    bool may_test_port;
    Field port;
    Str address;    /* the visitor's, that would be tested */
    Str port_state; /* "closed", "open", "busy", "not tested"; empty: not asked */
} SettingsPage;

/* POST to `action` (the one-time address): name email password */
typedef struct {
    Layout layout;
    Faults faults;
    Url action; /* /{lang}/setup/{code} */
    Field name, email, password;
} SetupPage;

/* --- how the site fares: view_statistics, view_health_rules ----------------------------------- */
typedef struct {
    Str mark, name, rule; /* symbol, and English words */
} HealthRule;
typedef struct {
    const HealthRule *at;
    size_t count;
} HealthRules;

/* Works in one state, and where they begin and how long they are in a bar of CHART_WIDTH. */
typedef struct {
    Str mark, name, kind; /* symbol, English, look */
    uint64_t count, from, width;
    Url link;
} HealthShare;
typedef struct {
    const HealthShare *at;
    size_t count;
} HealthShares;

/* GET /{lang}/statistics: span (week month year) */
typedef struct {
    Layout layout;
    uint64_t works, seeders, leechers, completed, members, swarms;
    HealthShares shares;
    LinkItems spans; /* label English */
    Charts charts;
    Seconds counted_at;
} StatisticsPage;

/* --- words: view_about, view_licences, view_error --------------------------------------------- */
typedef struct {
    Layout layout;
    uint64_t works, seeders, leechers, completed, members;
    Strs announce_urls;
    HealthRules health_rules;
    bool knocks; /* at ports of seeders */
} AboutPage;

typedef struct {
    Layout layout;
    LicenceGroups groups;
} LicencesPage;

/* Not a page but OpenSearch 1.1. */
typedef struct {
    Str site_name, template, suggestions, icon;
} OpenSearchPage;

/* layout.title may stay empty: the view has a heading for each status. */
typedef struct {
    Layout layout;
    int status;
    Str words; /* of the Error, translated; may be empty */
    Str request_id;
    Url sign_in;     /* for 401 and 403 of a nobody: "/en/login?next=…"; else empty */
    int64_t retry_s; /* for 429 and 503; 0: unknown */
} ErrorPage;
