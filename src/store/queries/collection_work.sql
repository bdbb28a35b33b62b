-- query collection_work_add(collection_id int, torrent_id int, place int, note text, at int) -> maybe(torrent_id int)
-- A work more. No row: it is in it already.
insert into collection_work (collection_id, torrent_id, place, note, added_at)
values (:collection_id, :torrent_id, :place, :note, :at) on conflict do nothing returning torrent_id;

-- query collection_work_last(collection_id int) -> one(place int, count int)
-- The last place, and how many there are.
select coalesce(max(place), 0) as place, count(*) as count from collection_work where collection_id = :collection_id;

-- query collection_work_remove(collection_id int, torrent_id int) -> none
-- A work fewer.
delete from collection_work where collection_id = :collection_id and torrent_id = :torrent_id;

-- query collection_work_note(collection_id int, torrent_id int, note text) -> none
-- Other words beside a work.
update collection_work set note = :note where collection_id = :collection_id and torrent_id = :torrent_id;

-- query collection_work_put(collection_id int, torrent_id int, place int) -> none
-- To another place.
update collection_work set place = :place where collection_id = :collection_id and torrent_id = :torrent_id;

-- query collection_work_places(collection_id int, count int) -> many(torrent_id int, place int)
-- All works in their order.
select torrent_id, place from collection_work where collection_id = :collection_id order by place, torrent_id limit :count;

-- query collection_work_before(collection_id int, place int) -> one(count int)
-- How many works stand up to a place.
select count(*) as count from collection_work where collection_id = :collection_id and place <= :place;

-- query collection_work_page(collection_id int, after_place int, count int)
--     -> many(torrent_id int, place int, note text, added_at int)
-- A page of its works, in their order.
select torrent_id, place, note, added_at from collection_work
 where collection_id = :collection_id and place > :after_place order by place, torrent_id limit :count;

-- query collection_work_newest(collection_id int, count int) -> many(torrent_id int, place int, note text, added_at int)
-- Its works, the one that came last first.
select torrent_id, place, note, added_at from collection_work where collection_id = :collection_id
 order by added_at desc, place desc limit :count;

-- query collection_work_news(member_id int, count int) -> many(torrent_id int, collection_id int, added_at int)
-- What came last into the collections that somebody follows.
select w.torrent_id, w.collection_id, w.added_at
  from collection_follow f join collection_work w on w.collection_id = f.collection_id
 where f.member_id = :member_id and w.added_at > f.seen_at order by w.added_at desc, w.torrent_id desc limit :count;
