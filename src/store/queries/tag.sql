-- query tag_find(name text) -> maybe(description text, changed_at int)
-- What is said of a tag.
select description, changed_at from tag where name = :name;

-- query tag_put(name text, description text, at int) -> none
-- Other words about a tag.
insert into tag (name, description, changed_at) values (:name, :description, :at)
    on conflict (name) do update set description = excluded.description, changed_at = excluded.changed_at;

-- query tag_synonym_find(name text) -> maybe(tag text)
-- What a word stands for.
select tag from tag_synonym where name = :name;

-- query tag_synonyms(tag text, count int) -> many(name text)
-- What stands for a tag.
select name from tag_synonym where tag = :tag order by name limit :count;

-- query tag_synonym_count(tag text) -> one(count int)
-- How many words stand for a tag.
select count(*) as count from tag_synonym where tag = :tag;

-- query tag_synonym_put(name text, tag text) -> none
-- This word stands for that tag, from now on.
insert into tag_synonym (name, tag) values (:name, :tag) on conflict (name) do update set tag = excluded.tag;

-- query tag_synonym_move(was text, tag text) -> none
-- What stood for one tag stands for another.
update tag_synonym set tag = :tag where tag = :was;

-- query tag_synonym_remove(name text, tag text) -> none
-- This word stands for itself again.
delete from tag_synonym where name = :name and tag = :tag;

-- query tag_event_add(name text, at int, actor_id int?, what text, detail text) -> none
-- What was done to a tag.
insert into tag_event (name, at, actor_id, what, detail) values (:name, :at, :actor_id, :what, :detail);

-- query tag_event_list(name text, count int) -> many(at int, actor text, what text, detail text)
-- The latest things done to a tag, latest first.
select e.at, coalesce(m.name, '') as actor, e.what, e.detail from tag_event e left join member m on m.id = e.actor_id
 where e.name = :name order by e.id desc limit :count;
