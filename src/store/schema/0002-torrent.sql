-- The catalogue. A work withdrawn or removed keeps its row, so that its page can say why.

create table torrent (
    id integer primary key,
    infohash_v1 blob unique,
    infohash_v2 blob unique,
    state integer not null,             -- community/torrent.h TorrentState
    category integer not null,          -- community/category.h
    license text not null,              -- SPDX
    title text not null,
    author text not null,
    source_url text not null,
    language text not null default '',  -- BCP 47
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
    state_at integer not null default 0,
    description text not null           -- long, so last: what stands before it is read without it
) strict;
-- Peers name a v2 torrent by the first 20 bytes of its hash (BEP 52).
create index torrent_by_cut_v2 on torrent (substr(infohash_v2, 1, 20)) where infohash_v2 is not null;
create index torrent_by_uploader on torrent (uploader_id, published_at, id);
create index torrent_by_category on torrent (state, category, published_at, id);
create index torrent_newest on torrent (state, published_at, id);

-- What the tracker counted last: apart, because it changes every minute and the rest hardly ever.
create table torrent_count (
    torrent_id integer primary key references torrent (id) on delete cascade,
    seeders integer not null,
    leechers integer not null,
    completed integer not null,
    counted_at integer not null
) strict;

-- The bytes. `info` is exactly what was received. In front what is read more often than it.
create table torrent_blob (
    torrent_id integer primary key references torrent (id) on delete cascade,
    file_list blob not null,            -- all paths and sizes in one, however many: a row each would be 100,000 rows
    trackers text not null,             -- a URL a line
    web_seeds text not null,            -- a URL a line
    comment text not null,
    created_by text not null,
    created_at integer not null,        -- 0: the file does not say
    piece_layers blob not null,         -- empty for v1
    info blob not null
) strict;

create table torrent_tag (
    torrent_id integer not null references torrent (id) on delete cascade,
    place integer not null,             -- tags keep the order they were typed in
    tag text not null,
    primary key (torrent_id, place)
) strict, without rowid;
create index torrent_tag_by_tag on torrent_tag (tag, torrent_id);

-- What happened to a work, and by whom. Only grows: also the log that derived indexes follow.
create table torrent_event (
    id integer primary key autoincrement,
    torrent_id integer not null references torrent (id) on delete cascade,
    at integer not null,
    actor_id integer references member (id) on delete set null,
    what text not null,                 -- published, edited, withdrawn, ...
    detail text not null default ''
) strict;
create index torrent_event_by_torrent on torrent_event (torrent_id, id);
