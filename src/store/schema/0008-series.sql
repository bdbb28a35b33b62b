-- Works with several releases: a distribution, an album, a book, a dataset, and the works that are its editions.
create table series (
    id integer primary key autoincrement,
    slug text not null unique,          -- its address, for ever
    name text not null,
    kind integer not null,              -- community/series.h SeriesKind
    description text not null,
    owner_id integer not null references member (id),
    created_at integer not null,
    changed_at integer not null         -- its words, or its editions
) strict;
create index series_by_owner on series (owner_id, changed_at);
create index series_by_change on series (changed_at, id);

-- A work is an edition of one series at most.
create table edition (
    torrent_id integer primary key references torrent (id) on delete cascade,
    series_id integer not null references series (id) on delete cascade,
    label text not null,                -- "13.2", "second printing"
    dated_at integer not null           -- what orders them
) strict;
create index edition_by_series on edition (series_id, dated_at, torrent_id);
