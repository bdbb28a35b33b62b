-- The catalogue: who is here, what they published, and what became of it.
-- Times are Unix seconds. Hashes are raw bytes. Numbers of roles, states and categories are those of community/*.h.

-- Secrets of this site, made once: the key of CSRF tokens.
create table secret (
    name  text primary key,
    value blob not null
) strict, without rowid;

create table member (
    id         integer primary key,
    name       text    not null,
    name_key   text    not null unique, -- lower case
    email      text    not null,        -- never shown to others
    email_key  text    not null unique,
    password   text    not null,        -- argon2id, as libsodium writes it
    role       integer not null,
    language   text    not null default '',
    theme      text    not null default '',
    banned     integer not null default 0,
    created_at integer not null
) strict;

-- Only the SHA-256 of what was given out is kept, of sessions and tokens alike.
create table session (
    id         integer primary key,
    digest     blob    not null unique,
    member_id  integer not null references member(id) on delete cascade,
    label      text    not null,
    created_at integer not null,
    used_at    integer not null
) strict;
create index session_by_member on session(member_id, used_at);
create index session_by_use on session(used_at);

create table token (
    id         integer primary key,
    digest     blob    not null unique,
    member_id  integer not null references member(id) on delete cascade,
    label      text    not null,
    scopes     text    not null,
    created_at integer not null,
    used_at    integer not null
) strict;
create index token_by_member on token(member_id);

create table torrent (
    id           integer primary key,
    hash_v1      blob unique,
    hash_v2      blob unique,
    swarm        blob    not null unique, -- what clients announce: v1, or v2 cut to 20 bytes
    state        integer not null,
    uploader_id  integer not null references member(id),
    category     integer not null,
    license      text    not null,
    published_at integer not null,
    changed_at   integer not null,
    size_bytes   integer not null,
    piece_length integer not null,
    file_count   integer not null,
    is_private   integer not null,
    title        text    not null,
    name         text    not null, -- the torrent's own
    author       text    not null,
    source_url   text    not null,
    language     text    not null,
    tags         text    not null, -- with spaces between
    state_reason text    not null default '',
    state_note   text    not null default '',
    state_at     integer not null,
    description  text    not null  -- last: lists need not read over it
) strict;
create index torrent_by_uploader on torrent(uploader_id, state, published_at);
create index torrent_by_shelf on torrent(state, category);

-- Changes every few minutes, so it stands apart from the long rows.
create table tally (
    torrent_id integer primary key references torrent(id) on delete cascade,
    seeders    integer not null default 0,
    leechers   integer not null default 0,
    completed  integer not null default 0,
    counted_at integer not null default 0
) strict;

-- The received file, so that it can be served again. Lists of addresses have one a line.
create table metainfo (
    torrent_id   integer primary key references torrent(id) on delete cascade,
    trackers     text    not null,
    web_seeds    text    not null,
    comment      text    not null,
    created_by   text    not null,
    created_at   integer not null,
    piece_layers blob    not null,
    info         blob    not null -- byte-exact
) strict;

-- What search needs of the files, one path a line, up to INDEXED_PATHS_BYTES_MAX: at start the pieces need not be read.
create table path (
    torrent_id integer primary key references torrent(id) on delete cascade,
    paths      text    not null
) strict;

create table history (
    id         integer primary key,
    torrent_id integer not null references torrent(id) on delete cascade,
    at         integer not null,
    actor_id   integer references member(id), -- null: the command line
    what       text    not null,
    detail     text    not null
) strict;
create index history_by_torrent on history(torrent_id, id);
