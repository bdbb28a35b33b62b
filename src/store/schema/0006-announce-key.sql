-- Announce addresses of members' own. The key in the address is made of `salt` and of a secret that is not in this
-- database: who reads it knows no key.
create table announce_key (
    member_id integer primary key references member (id) on delete cascade,
    salt blob not null,
    named integer not null default 0,   -- may be named on the pages of works they share
    made_at integer not null
) strict;
