-- Lists of works that members make. Unlisted ones are for whoever knows their address, which cannot be guessed.
create table collection (
    id integer primary key autoincrement,
    slug text not null unique,
    member_id integer not null references member (id) on delete cascade,
    title text not null,
    description text not null,
    is_public integer not null,
    works integer not null default 0,
    followers integer not null default 0,
    created_at integer not null,
    changed_at integer not null         -- its words, its works or their order
) strict;
create index collection_by_member on collection (member_id, changed_at);
create index collection_by_change on collection (is_public, changed_at, id);

create table collection_work (
    collection_id integer not null references collection (id) on delete cascade,
    torrent_id integer not null references torrent (id) on delete cascade,
    place integer not null,             -- rising; places between may be free
    note text not null,
    added_at integer not null,
    primary key (collection_id, torrent_id)
) strict, without rowid;
create index collection_work_by_place on collection_work (collection_id, place);
create index collection_work_by_torrent on collection_work (torrent_id, collection_id);

create table collection_follow (
    member_id integer not null references member (id) on delete cascade,
    collection_id integer not null references collection (id) on delete cascade,
    at integer not null,
    seen_at integer not null,           -- news up to here were looked at
    primary key (member_id, collection_id)
) strict, without rowid;
create index collection_follow_by_collection on collection_follow (collection_id);
