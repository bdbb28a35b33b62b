-- Searches that members keep: asked anew whenever they are opened, and as a feed.
create table saved_search (
    id integer primary key autoincrement,
    member_id integer not null references member (id) on delete cascade,
    query text not null,                -- in the query language, with every filter in it
    sort text not null,                 -- '' is by relevance
    created_at integer not null
) strict;
create unique index saved_search_by_member on saved_search (member_id, query, sort);
