-- Files of uploads half done, so that a form with a fault need not be sent its file again. Gone after a day.
create table draft (
    id integer primary key autoincrement,
    member_id integer not null references member (id) on delete cascade,
    secret_hash blob not null unique,
    torrent blob not null,
    kept_at integer not null
) strict;
create index draft_by_member on draft (member_id, kept_at);
create index draft_by_age on draft (kept_at);
