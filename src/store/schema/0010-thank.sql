-- Thanks, top lists by the day, and the space that people give to works that need it.
alter table torrent_count add column thanks integer not null default 0;

create table thank (
    torrent_id integer not null references torrent (id) on delete cascade,
    member_id integer not null references member (id) on delete cascade,
    at integer not null,
    primary key (torrent_id, member_id)
) strict, without rowid;
create index thank_by_member on thank (member_id, at);

-- What stood on top, day by day; the lists of the day that is not over are made anew each hour.
create table top_list (
    day integer not null,               -- days since 1970
    kind integer not null,              -- community/top_list.h: measure and period
    category integer not null,          -- 0: all of them
    works blob not null,                -- ids and values, the first on top, as community/top_list.c writes them
    primary key (day, kind, category)
) strict, without rowid;

-- "I have 200 GB to give". The address of a plan is made of `salt` and of a secret that is not in this database.
create table giving (
    id integer primary key autoincrement,
    salt blob not null,
    member_id integer references member (id) on delete cascade, -- null: who has no account
    size_bytes integer not null,
    category integer not null,          -- 0: any
    license text not null,              -- SPDX; empty: any
    language text not null,             -- empty: any
    made_at integer not null,
    used_at integer not null,           -- looked at, by a person or a client
    settled_at integer not null         -- when its works were gone through last; 0: never
) strict;
create index giving_by_member on giving (member_id);
create index giving_by_use on giving (used_at);

-- Its works, and for a while those it was about before.
create table giving_work (
    giving_id integer not null references giving (id) on delete cascade,
    torrent_id integer not null references torrent (id) on delete cascade,
    size_bytes integer not null,
    picked_at integer not null,
    seeders integer not null,           -- when it was picked
    dropped_at integer not null default 0, -- 0: still wanted
    dropped_why integer not null default 0, -- community/giving.h GivingWhy
    primary key (giving_id, torrent_id)
) strict, without rowid;
