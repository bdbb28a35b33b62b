-- query giving_add(salt blob, member_id int?, size_bytes int, category int, license text, language text, at int) -> one(id int)
-- A plan, without works at first.
insert into giving (salt, member_id, size_bytes, category, license, language, made_at, used_at, settled_at)
values (:salt, :member_id, :size_bytes, :category, :license, :language, :at, :at, 0) returning id;

-- query giving_count() -> one(count int)
-- All plans.
select count(*) as count from giving;

-- query giving_count_of_member(member_id int) -> one(count int)
-- A member's plans.
select count(*) as count from giving where member_id = :member_id;

-- row giving_line(id int, salt blob, member_id int?, size_bytes int, category int, license text, language text,
--     made_at int, used_at int, settled_at int)
-- A plan.
select id, salt, member_id, size_bytes, category, license, language, made_at, used_at, settled_at from giving

-- query giving_find(id int) -> maybe giving_line
-- One plan.
@giving_line where id = :id;

-- query giving_of_member(member_id int, count int) -> many giving_line
-- A member's plans, newest first.
@giving_line where member_id = :member_id order by id desc limit :count;

-- query giving_remove(id int) -> none
-- A plan that is not wanted any more; its works go with it.
delete from giving where id = :id;

-- query giving_use(id int, at int) -> none
-- Somebody looked at it.
update giving set used_at = :at where id = :id;

-- query giving_settle(id int, was int, at int) -> none
-- Its works were gone through, if nobody else has done so meanwhile.
update giving set settled_at = :at where id = :id and settled_at = :was;

-- query giving_forget(unused_before int, untried_before int, tried_s int) -> none
-- Plans nobody has looked at for long, and sooner those that were never used after they were made.
delete from giving where used_at < :unused_before
    or (used_at < :untried_before and used_at < made_at + :tried_s);

-- query giving_works(giving_id int, since int) -> many(torrent_id int, size_bytes int, picked_at int, seeders int, dropped_at int,
--     dropped_why int)
-- Works of a plan, and those it let go since a moment; first picked first.
select torrent_id, size_bytes, picked_at, seeders, dropped_at, dropped_why from giving_work
 where giving_id = :giving_id and (dropped_at = 0 or dropped_at >= :since) order by picked_at, torrent_id;

-- query giving_pick(giving_id int, torrent_id int, size_bytes int, at int, seeders int) -> none
-- A work more, or one again.
insert into giving_work (giving_id, torrent_id, size_bytes, picked_at, seeders)
select :giving_id, id, :size_bytes, :at, :seeders from torrent where id = :torrent_id
    on conflict (giving_id, torrent_id) do update set size_bytes = excluded.size_bytes,
       picked_at = excluded.picked_at, seeders = excluded.seeders, dropped_at = 0, dropped_why = 0;

-- query giving_drop(giving_id int, torrent_id int, at int, why int) -> none
-- A work less.
update giving_work set dropped_at = :at, dropped_why = :why where giving_id = :giving_id and torrent_id = :torrent_id;

-- query giving_forget_dropped(giving_id int, before int) -> none
-- What was let go long ago is not told any more.
delete from giving_work where giving_id = :giving_id and dropped_at > 0 and dropped_at < :before;

-- query giving_pledges(ids ints, giving_id int) -> many(torrent_id int, count int)
-- In how many other plans works are.
-- sqlite
select torrent_id, count(*) as count from giving_work
 where torrent_id in (select value from json_each(:ids)) and dropped_at = 0 and giving_id <> :giving_id group by torrent_id;
-- postgres
select torrent_id, count(*) as count from giving_work
 where torrent_id = any(:ids) and dropped_at = 0 and giving_id <> :giving_id group by torrent_id;
