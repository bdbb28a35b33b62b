-- row tag_merge_line(id int, name text, tag text, synonyms text, state int, actor text, started_at int, ended_at int,
--     cursor text, after_id int, works int)
-- A merge, and how far it is.
select g.id, g.name, g.tag, g.synonyms, g.state, coalesce(m.name, '') as actor, g.started_at, g.ended_at, g.cursor,
       g.after_id, g.works from tag_merge g left join member m on m.id = g.actor_id

-- query tag_merge_add(name text, tag text, synonyms text, state int, actor_id int?, at int) -> one(id int)
-- A merge begins.
insert into tag_merge (name, tag, synonyms, state, actor_id, started_at)
values (:name, :tag, :synonyms, :state, :actor_id, :at) returning id;

-- query tag_merge_find(id int) -> maybe tag_merge_line
-- One merge.
@tag_merge_line where g.id = :id;

-- query tag_merge_next(state int) -> maybe tag_merge_line
-- The oldest in a state.
@tag_merge_line where g.state = :state order by g.id limit 1;

-- query tag_merge_after(state int, id int, count int) -> many tag_merge_line
-- Those in a state, by id.
@tag_merge_line where g.state = :state and g.id > :id order by g.id limit :count;

-- query tag_merge_count(state int) -> one(count int)
-- How many are in a state.
select count(*) as count from tag_merge where state = :state;

-- query tag_merge_into(tag text, count int) -> many tag_merge_line
-- What was merged into a tag, latest first.
@tag_merge_line where g.tag = :tag order by g.id desc limit :count;

-- query tag_merge_of(name text) -> maybe tag_merge_line
-- The last merge of a tag into another.
@tag_merge_line where g.name = :name order by g.id desc limit 1;

-- query tag_merge_go_on(id int, state int, cursor text, after_id int, works int) -> none
-- So far it is, unless it was turned around in the meantime.
update tag_merge set cursor = :cursor, after_id = :after_id, works = :works where id = :id and state = :state;

-- query tag_merge_set_state(id int, was int, state int, at int) -> none
-- Into another state, from its beginning.
update tag_merge set state = :state, ended_at = :at, cursor = '', after_id = 0 where id = :id and state = :was;

-- query tag_merge_hidden(name text, after_id int, count int) -> many(id int)
-- Works that search does not know and that carry a tag.
-- sqlite
select id from torrent where state in (1, 2, 3) and id > :after_id
   and instr(' ' || tags || ' ', ' ' || :name || ' ') > 0 order by id limit :count;
-- postgres
select id from torrent where state in (1, 2, 3) and id > :after_id
   and position(' ' || :name || ' ' in ' ' || tags || ' ') > 0 order by id limit :count;

-- query tag_merge_tags(torrent_id int) -> maybe(tags text)
-- The tags of a work as they are now.
select tags from torrent where id = :torrent_id;

-- query tag_merge_set_tags(torrent_id int, tags text) -> none
-- Its uploader changed nothing, so it is not edited.
update torrent set tags = :tags where id = :torrent_id;

-- query tag_merge_work_add(merge_id int, torrent_id int, had_both bool) -> none
-- A work was changed by a merge.
insert into tag_merge_work (merge_id, torrent_id, had_both) values (:merge_id, :torrent_id, :had_both)
    on conflict do nothing;

-- query tag_merge_works(merge_id int, after_id int, count int) -> many(torrent_id int, had_both bool)
-- What a merge changed, by id.
select torrent_id, had_both from tag_merge_work where merge_id = :merge_id and torrent_id > :after_id
 order by torrent_id limit :count;
