-- What others say of where a work lives. Claims: kept apart from what our own tracker counts, never added to it.

-- Trackers named in .torrent files that are not ours.
create table foreign_tracker (
    id integer primary key,
    url text not null unique,
    works integer not null,               -- how many name it
    due_at integer not null,              -- not asked before
    faults integer not null default 0     -- failures in a row
) strict;
create index foreign_tracker_by_works on foreign_tracker (works desc, id);

create table foreign_swarm (
    torrent_id integer not null references torrent (id) on delete cascade,
    tracker_id integer not null references foreign_tracker (id),
    due_at integer not null,
    tried_at integer not null default 0,  -- 0: never asked
    outcome text not null default '',     -- of the last try: probe/outcome.def
    checked_at integer not null default 0, -- when the counts were said; 0: never
    seeders integer not null default 0,
    leechers integer not null default 0,
    completed integer not null default 0,
    primary key (torrent_id, tracker_id)
) strict, without rowid;
create index foreign_swarm_by_due on foreign_swarm (tracker_id, due_at);

-- Web seeds of .torrent files (BEP 19).
create table web_seed (
    torrent_id integer not null references torrent (id) on delete cascade,
    url text not null,
    due_at integer not null,
    checked_at integer not null default 0, -- 0: never asked
    outcome text not null default '',      -- probe/outcome.def
    faults integer not null default 0,
    primary key (torrent_id, url)
) strict, without rowid;
create index web_seed_by_due on web_seed (due_at);

-- How many of the seeders that were knocked at could be reached. No addresses: those are in memory only.
create table seeder_reach (
    torrent_id integer primary key references torrent (id) on delete cascade,
    probed integer not null,
    reachable integer not null,
    checked_at integer not null
) strict;
