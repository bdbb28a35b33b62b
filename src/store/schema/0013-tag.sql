-- What is said of tags. Works carry them as words (torrent.tags); one that nobody said anything about has no row.
create table tag (
    name text primary key,
    description text not null,
    changed_at integer not null
) strict, without rowid;

-- Other words for a tag. What a tag stands for never stands for another itself: there are no chains.
create table tag_synonym (
    name text primary key,
    tag text not null
) strict, without rowid;
create index tag_synonym_by_tag on tag_synonym (tag, name);

-- One tag put in the place of another, in all works, a few at a time; and taken back.
create table tag_merge (
    id integer primary key autoincrement,
    name text not null,                 -- goes
    tag text not null,                  -- comes in its place
    synonyms text not null,             -- what stood for `name` before, with spaces between
    state integer not null,             -- community/tag_merge.h TagMergeState
    actor_id integer references member (id) on delete set null,
    started_at integer not null,
    ended_at integer not null default 0,
    cursor text not null default '',    -- of the search that lists the works still to do
    after_id integer not null default 0, -- works that search does not know, and on the way back all, are done up to here
    works integer not null default 0    -- changed so far
) strict;
create index tag_merge_by_state on tag_merge (state, id);
create index tag_merge_by_name on tag_merge (name, id);
create index tag_merge_by_tag on tag_merge (tag, id);

create table tag_merge_work (
    merge_id integer not null references tag_merge (id) on delete cascade,
    torrent_id integer not null references torrent (id) on delete cascade,
    had_both integer not null,          -- it carried the other tag already
    primary key (merge_id, torrent_id)
) strict, without rowid;

-- What happened to a tag, and by whom. Only grows.
create table tag_event (
    id integer primary key autoincrement,
    name text not null,
    at integer not null,
    actor_id integer references member (id) on delete set null,
    what text not null,                 -- described, merged, unmerged
    detail text not null default ''
) strict;
create index tag_event_by_name on tag_event (name, id);
