#include "command/commands.h"

/* A table reads by columns. */
/* clang-format off */
#define WORK_OPTIONS \
    {"title", "TEXT", "title (default: the torrent's own name)"}, \
    {"description", "TEXT", "description, in Markdown"}, \
    {"category", "CODE", \
     "linux software games data books audiobooks music podcasts video courses maps other"}, \
    {"tags", "TAG,TAG", "tags, separated by commas"}, \
    {"license", "ID", "SPDX identifier of the licence, or CC-PDM-1.0"}, \
    {"author", "TEXT", "who made the work"}, \
    {"source-url", "URL", "where it comes from"}, \
    {"language", "CODE", "language of the work, as en or fr-CA"}, \
    {"as", "NAME", "the member it is published by"}

const Command commands[] = {
    {"serve", "", "Run the site and the tracker", NEEDS_SETTINGS, command_serve,
     {{"takeover", NULL, "take over from the server of this data folder and lose no request"}},
     "Stops in good order on SIGTERM, reads its settings again on SIGHUP. While nobody\n"
     "administers the site it prints a one-time address to make the first administrator.\n"
     "With --takeover the running server gives its sockets to this one and ends, once this one\n"
     "is ready; if it never is, the running one goes on. Where none runs it starts as ever."},
    {"reload", "", "Have the running server read its settings again; say what changed",
     NEEDS_STORE, command_reload, {{0}},
     "As SIGHUP, but with an answer. `essaim settings` says which settings change live."},
    {"import", "PATH", "Bring in works from elsewhere: .torrent files, or lists of millions",
     MAKES_STORE, command_import,
     {{"format", "KIND", "torrents (a folder of .torrent files, the default), jsonl or kat"},
      {"publish", NULL, "publish at once: you vouch for licence and source"},
      {"dry-run", NULL, "only say what would happen"},
      {"from-start", NULL, "not where an import of the same file stopped, but at its beginning"},
      WORK_OPTIONS},
     "A work whose licence, author or source is missing waits in quarantine until a moderator\n"
     "has completed it, and so does every work without --publish. The options stand where\n"
     "nothing else is said.\n"
     "torrents: PATH is a folder. Beside X.torrent, a file X.json with the fields of the JSON API\n"
     "(title, license, author, source_url, tags, ...) is read.\n"
     "jsonl: PATH is a file of JSON objects, one a line (- for standard input; X.gz is unpacked),\n"
     "in the fields of the JSON API and description, tags, author, source_url, uploader, name,\n"
     "file_list [{path, size_bytes}], seeders, leechers, completed, counted_at, trackers,\n"
     "webseeds, torrent (the file, in base64). Of a work without it only the magnet is here,\n"
     "until somebody uploads the file. Counts are shown as claims until this tracker has\n"
     "counted. Uploaders nobody knows become members who cannot sign in before\n"
     "`essaim user password`. Works that name no uploader, where --as names none either, belong\n"
     "to one member of the name import, made when first needed, who cannot sign in.\n"
     "kat: the same for the twelve columns of the KAT dump; --license vouches for all of it.\n"
     "A killed import goes on where it stopped when it is given the same file.\n"
     "  essaim import --publish --as anna --license CC0-1.0 --author 'City archive' \\\n"
     "      --source-url https://archive.example/ --category maps maps/\n"
     "  essaim import --format jsonl --publish catalogue.jsonl.gz", .indexes = true},
    {"export", "PATH", "Write every published work as JSON lines", NEEDS_STORE, command_export,
     {{"format", "KIND", "jsonl (the default, and the only one)"},
      {"without-torrents", NULL, "leave out the .torrent files: about a tenth of the size"}},
     "One JSON object a line, in the fields that `essaim import --format jsonl` reads: brought\n"
     "into an empty site and written again it is the same, line by line. The .torrent stands\n"
     "in `torrent`, in base64. All of it is of one moment, however long it takes; - is\n"
     "standard output.\n"
     "  essaim export --format jsonl catalogue.jsonl"},
    {"sample", "", "Fill an empty site with believable works made from files of this machine",
     MAKES_STORE,
     command_sample, {{0}},
     "For trying essaim out. The files and their .torrent files lie in the folder sample/ of the\n"
     "data folder, ready to be seeded.", .indexes = true},
    {"torrent create", "PATH", "Make a .torrent from a file or a folder", NEEDS_NOTHING,
     command_torrent_create,
     {{"output", "FILE", "where to write it (default: NAME.torrent; - for standard output)"},
      {"hybrid", NULL, "for old and new clients (the default)"},
      {"v1", NULL, "for old clients only"},
      {"v2", NULL, "for new clients only"},
      {"piece-length", "BYTES", "a power of two from 16384 (default: by size)"},
      {"name", "TEXT", "another name than that of PATH"},
      {"private", NULL, "peers only through the listed trackers (BEP 27)"},
      {"source", "TEXT", "goes into the info dictionary: another hash for another place"},
      {"update-url", "URL",
       "goes into it, too: where clients learn of newer editions (BEP 39)"},
      {"comment", "TEXT", "a comment"},
      {"created-by", "TEXT", "the program's name to write down"},
      {"tracker", "URL", "announce address; may be repeated"},
      {"web-seed", "URL", "where the same files lie on the web; may be repeated"},
      {"date", NULL, "write the date (then equal files give different bytes)"}},
     "  essaim torrent create --tracker udp://tracker.example:6969/announce debian.iso"},
    {"torrent show", "FILE-OR-HASH", "Say what a .torrent or a work here holds, or what is wrong",
     NEEDS_NOTHING, command_torrent_show, {{0}},
     "A file is read here and now; an info-hash (v1, v2, base32) is looked up among the works.",
     command_torrent_show_needs_store},
    {"torrent add", "FILE", "Publish a work", NEEDS_STORE, command_torrent_add,
     {WORK_OPTIONS,
      {"series", "SLUG", "the series it is an edition of"},
      {"series-name", "TEXT", "or the name of a new series"},
      {"edition", "TEXT", "which edition: 13.2"},
      {"edition-date", "DATE", "what orders the editions (default: now)"},
      {"same-files", NULL, "publish it although every file is here already, in other works"}},
     "  essaim torrent add song.torrent --as anna --license CC-BY-4.0 --author Anna \\\n"
     "      --source-url https://anna.example/ --category music"},
    {"torrent remove", "HASH", "Remove a work, with a reason everyone can read", NEEDS_STORE,
     command_torrent_remove,
     {{"reason", "WORD", "rights, malware, fake, illegal, owner or other"},
      {"note", "TEXT", "words for the uploader and the public"}}, NULL},
    {"search rebuild", "", "Make the search index anew, while the site goes on", NEEDS_STORE,
     command_search_rebuild, {{0}},
     "Reads every work of the catalogue. The old index answers until each work is replaced.",
     .indexes = true},
    {"search check", "", "Compare the search index with the catalogue", NEEDS_STORE,
     command_search_check, {{0}},
     "Every work, its words and where they stand. Names the first that differ; then the exit code "
     "is 1.",
     .indexes = true},
    {"user add", "NAME", "Make an account", MAKES_STORE, command_user_add,
     {{"email", "E", "e-mail address"},
      {"role", "ROLE", "member (the default), trusted, moderator or admin"},
      {"password-stdin", NULL,
       "read the password from standard input (else one is made and shown)"}},
     "  essaim user add anna --email anna@example.org --role admin"},
    {"user list", "", "List the accounts", NEEDS_STORE, command_user_list, {{0}}, NULL},
    {"user role", "NAME ROLE", "Change what a member may do", NEEDS_STORE, command_user_role,
     {{0}}, NULL},
    {"user password", "NAME", "Give a member a new password; ends their sessions", NEEDS_STORE,
     command_user_password,
     {{"password-stdin", NULL,
       "read the password from standard input (else one is made and shown)"}}, NULL},
    {"settings", "", "List every setting, its value and where that came from", NEEDS_SETTINGS,
     command_settings,
     {{"markdown", NULL, "as a page for the manual"}}, NULL},
    {"routes", "", "List every address of the site and the API", NEEDS_NOTHING, command_routes,
     {{"markdown", NULL, "as a page for the manual"}}, NULL},
    {"doctor", "", "Look for what could go wrong", MAKES_STORE, command_doctor, {{0}},
     "  Looks at the database, the settings and the machine: connection tracking, buffers, lost\n"
     "  datagrams, open files, IPv6, the clock, the file system. Each finding is ok, a warning or\n"
     "  a problem, with the way out. Ends with 1 when there is a problem.\n"
     "    essaim doctor --json"},
    {"manual", "PAGE", "Print a page of the manual: essaim.1 or essaim.conf.5", NEEDS_NOTHING,
     command_manual, {{0}},
     "  essaim manual essaim.1 | man -l -"},
    {"version", "", "Say the version", NEEDS_NOTHING, command_version, {{0}}, NULL},
    {0},
};
/* clang-format on */
