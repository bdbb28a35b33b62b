-- row collection_line(id int, slug text, member_id int, owner text, title text, description text, is_public bool, works int,
--     followers int, created_at int, changed_at int)
-- A collection without its works.
select c.id, c.slug, c.member_id, m.name as owner, c.title, c.description, c.is_public, c.works, c.followers,
       c.created_at, c.changed_at from collection c join member m on m.id = c.member_id

-- query collection_add(slug text, member_id int, title text, description text, is_public bool, at int) -> one(id int)
-- A new one, empty.
insert into collection (slug, member_id, title, description, is_public, created_at, changed_at)
values (:slug, :member_id, :title, :description, :is_public, :at, :at) returning id;

-- query collection_by_slug(slug text) -> maybe collection_line
-- One by its address.
@collection_line where c.slug = :slug;

-- query collection_count_of_member(member_id int) -> one(count int)
-- How many a member has made.
select count(*) as count from collection where member_id = :member_id;

-- query collection_of_member(member_id int, count int) -> many collection_line
-- All of a member's, changed last first.
@collection_line where c.member_id = :member_id order by c.changed_at desc, c.id desc limit :count;

-- query collection_of_member_public(member_id int, count int) -> many collection_line
-- Those of a member that are for everybody.
@collection_line where c.member_id = :member_id and c.is_public = 1 order by c.changed_at desc, c.id desc limit :count;

-- query collection_public(changed_before int, id_before int, count int) -> many collection_line
-- A page of those for everybody that hold a work, changed last first.
@collection_line where c.is_public = 1 and c.works > 0 and (c.changed_at, c.id) < (:changed_before, :id_before)
 order by c.changed_at desc, c.id desc limit :count;

-- query collection_of_work(torrent_id int, count int) -> many collection_line
-- Those for everybody that hold a work.
@collection_line join collection_work w on w.collection_id = c.id
 where w.torrent_id = :torrent_id and c.is_public = 1 order by c.followers desc, c.id limit :count;

-- query collection_change(id int, title text, description text, is_public bool, at int) -> none
-- Other words for it.
update collection set title = :title, description = :description, is_public = :is_public, changed_at = :at where id = :id;

-- query collection_remove(id int) -> none
-- Its works stay.
delete from collection where id = :id;

-- query collection_touch(id int, works int, at int) -> none
-- So many works more or fewer.
update collection set works = works + :works, changed_at = :at where id = :id;

-- query collection_follow_add(member_id int, collection_id int, at int) -> maybe(member_id int)
-- Somebody follows. No row: they did already.
insert into collection_follow (member_id, collection_id, at, seen_at) values (:member_id, :collection_id, :at, :at)
    on conflict do nothing returning member_id;

-- query collection_follow_remove(member_id int, collection_id int) -> none
-- Somebody follows no more.
delete from collection_follow where member_id = :member_id and collection_id = :collection_id;

-- query collection_follow_count(collection_id int, change int) -> none
-- The sum beside its words.
update collection set followers = followers + :change where id = :collection_id;

-- query collection_follow_find(member_id int, collection_id int) -> maybe(seen_at int)
-- Whether somebody follows it.
select seen_at from collection_follow where member_id = :member_id and collection_id = :collection_id;

-- query collection_followed_count(member_id int) -> one(count int)
-- How many somebody follows.
select count(*) as count from collection_follow where member_id = :member_id;

-- query collection_followed(member_id int, count int) -> many(id int, slug text, member_id int, owner text, title text,
--     description text, is_public bool, works int, followers int, created_at int, changed_at int, news int)
-- What somebody follows, with how many works came since they looked, changed last first.
select c.id, c.slug, c.member_id, m.name as owner, c.title, c.description, c.is_public, c.works, c.followers,
       c.created_at, c.changed_at,
       (select count(*) from collection_work w where w.collection_id = c.id and w.added_at > f.seen_at) as news
  from collection_follow f join collection c on c.id = f.collection_id join member m on m.id = c.member_id
 where f.member_id = :member_id order by c.changed_at desc, c.id desc limit :count;

-- query collection_follow_seen(member_id int, at int) -> none
-- Somebody looked at all news.
update collection_follow set seen_at = :at where member_id = :member_id;
