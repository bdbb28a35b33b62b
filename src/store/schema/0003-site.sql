-- What the site itself must remember, and what it still has to do.

create table site_state (
    name text primary key,
    value blob not null
) strict, without rowid;

create table job (
    id integer primary key autoincrement,
    kind text not null,
    subject text not null default '',   -- what it is about; one job of a kind for each subject
    due_at integer not null,
    every_s integer not null default 0, -- 0: once
    tries integer not null default 0,
    fault text not null default '',     -- words of the last failure
    unique (kind, subject)
) strict;
create index job_by_due on job (due_at);
