-- Work for later: expiry, tallies, upkeep, mail. A row that is due is run, then removed or put off.

create table job (
    id integer primary key autoincrement, -- never used again: a late "done" must not hit another job
    kind text not null,
    subject text not null,                -- what it is about; one job of a kind for each subject
    due_at integer not null,
    every_s integer not null,             -- 0: once
    tries integer not null default 0,
    fault text not null default '',       -- words of the last failure
    unique (kind, subject)
) strict;
create index job_by_due on job (due_at);
