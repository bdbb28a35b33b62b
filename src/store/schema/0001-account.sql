-- People and how they are known. Times are Unix seconds, flags 0 or 1, hashes raw bytes.
-- Until the first release these steps may still be changed in place (then start with an empty data folder);
-- after it a change is a new step.

create table member (
    id integer primary key autoincrement,
    name text not null,
    name_key text not null unique,      -- lower case: names differ by more than case
    email text not null,                -- never shown to others
    email_key text not null unique,
    password_hash text not null,        -- argon2id, as libsodium writes it
    role integer not null,              -- community/community.h Role
    banned integer not null default 0,
    language text not null default '',
    theme text not null default '',
    created_at integer not null
) strict;
create index member_by_role on member (role);

-- Browsers signed in. Only the SHA-256 of the secret is kept.
create table session (
    id integer primary key autoincrement,
    member_id integer not null references member (id) on delete cascade,
    secret_hash blob not null unique,
    label text not null,
    created_at integer not null,
    used_at integer not null
) strict;
create index session_by_member on session (member_id, used_at);
create index session_by_use on session (used_at);

create table token (
    id integer primary key autoincrement,
    member_id integer not null references member (id) on delete cascade,
    secret_hash blob not null unique,
    label text not null,
    scopes text not null,               -- separated by spaces
    created_at integer not null,
    used_at integer not null
) strict;
create index token_by_member on token (member_id);
