-- How works fare: who was counted of which kind, when there was a seeder last, and how it went over time.
alter table torrent_count add column seeders_v6 integer not null default 0;
alter table torrent_count add column leechers_v6 integer not null default 0;
alter table torrent_count add column seeders_web integer not null default 0;
alter table torrent_count add column leechers_web integer not null default 0;
alter table torrent_count add column first_seeder_at integer not null default 0; -- 0: never one
alter table torrent_count add column last_seeder_at integer not null default 0;  -- while there is one: when the count changed last
alter table torrent_count add column well_seeded_at integer not null default 0;  -- the same for three
update torrent_count set first_seeder_at = counted_at, last_seeder_at = counted_at where seeders > 0;

-- Steps by the hour, as community/health.h writes them. Only works whose count changed are written.
create table torrent_hours (
    torrent_id integer primary key references torrent (id) on delete cascade,
    completed integer not null,         -- all that were known at the last step
    first_hour integer not null,        -- of the oldest step, hours since 1970: what to make days of
    steps blob not null
) strict;
create index torrent_hours_by_first on torrent_hours (first_hour);

-- The same by the day, made of the hours when they are two weeks old.
create table torrent_days (
    torrent_id integer primary key references torrent (id) on delete cascade,
    steps blob not null
) strict;

-- The whole site by the hour, later by the day. First what is so at its end, then what happened in it.
create table statistic (
    span_s integer not null,            -- 3600 or 86400
    at integer not null,                -- its beginning
    works integer not null,
    members integer not null,
    swarms integer not null,
    seeders integer not null,
    leechers integer not null,
    works_new integer not null,
    works_alive integer not null,
    works_at_risk integer not null,
    works_dead integer not null,
    uploads integer not null,
    completed integer not null,
    announces_udp integer not null,
    announces_http integer not null,
    announces_web integer not null,
    scrapes integer not null,
    primary key (span_s, at)
) strict, without rowid;

-- How far a job that goes through all works has come.
create table progress (
    name text primary key,
    at integer not null
) strict, without rowid;
