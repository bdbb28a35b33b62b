-- The catalogue. A work withdrawn or removed keeps its row, so that its page can say why.

create table torrent (
    id integer primary key autoincrement,
    infohash_v1 blob unique,
    infohash_v2 blob unique,
    swarm blob not null unique,         -- what clients announce: v1, or v2 cut to 20 bytes (BEP 52)
    state integer not null,             -- community/torrent.h TorrentState
    category integer not null,          -- community/category.h
    license text not null,              -- SPDX
    title text not null,
    author text not null,
    source_url text not null,           -- or "own"
    language text not null,             -- BCP 47, may be empty
    tags text not null,                 -- in the order typed, with spaces between
    uploader_id integer not null references member (id),
    published_at integer not null,
    changed_at integer not null,
    name text not null,                 -- what the torrent calls itself
    size_bytes integer not null,
    piece_length integer not null,
    file_count integer not null,
    is_private integer not null,
    state_reason text not null default '',
    state_note text not null default '',
    state_at integer not null,
    description text not null           -- long, so last: what stands before it is read without it
) strict;
create index torrent_by_uploader on torrent (uploader_id, state, published_at);
create index torrent_by_category on torrent (state, category);

-- What the tracker counted last: apart, because it changes every minute and the rest hardly ever.
create table torrent_count (
    torrent_id integer primary key references torrent (id) on delete cascade,
    seeders integer not null default 0,
    leechers integer not null default 0,
    completed integer not null default 0,
    counted_at integer not null default 0 -- 0: never
) strict;

-- The bytes. `info` is exactly what was received. In front what is read more often than it.
create table torrent_blob (
    torrent_id integer primary key references torrent (id) on delete cascade,
    paths text not null,                -- what search needs of the files, a path a line, up to INDEXED_PATHS_BYTES_MAX
    trackers text not null,             -- a URL a line
    web_seeds text not null,            -- a URL a line
    comment text not null,
    created_by text not null,
    created_at integer not null,        -- 0: the file does not say
    piece_layers blob not null,         -- empty for v1
    info blob not null
) strict;

-- What happened to a work, and by whom. Only grows.
create table torrent_event (
    id integer primary key autoincrement,
    torrent_id integer not null references torrent (id) on delete cascade,
    at integer not null,
    actor_id integer references member (id) on delete set null, -- null: the command line
    what text not null,                 -- published, edited, withdrawn, ...
    detail text not null default ''
) strict;
create index torrent_event_by_torrent on torrent_event (torrent_id, id);
