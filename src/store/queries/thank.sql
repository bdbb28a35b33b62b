-- query thank_add(torrent_id int, member_id int, at int) -> maybe(torrent_id int)
-- Thanks for a work. No row: said already.
insert into thank (torrent_id, member_id, at) values (:torrent_id, :member_id, :at)
    on conflict do nothing returning torrent_id;

-- query thank_remove(torrent_id int, member_id int) -> none
-- Taken back.
delete from thank where torrent_id = :torrent_id and member_id = :member_id;

-- query thank_count(torrent_id int, change int) -> none
-- The sum beside the other counts of the work.
update torrent_count set thanks = thanks + :change where torrent_id = :torrent_id;

-- query thank_find(torrent_id int, member_id int) -> maybe(at int)
-- Whether, and when, a member said thanks for a work.
select at from thank where torrent_id = :torrent_id and member_id = :member_id;

-- query thank_of_member_since(member_id int, since int) -> one(count int)
-- How often a member has said it lately.
select count(*) as count from thank where member_id = :member_id and at >= :since;

-- query thank_sums(after int, upto int, day int, week int, month int, until int)
--     -> many(torrent_id int, day int, week int, month int, whole int)
-- Thanks of some works by id, up to a moment: of the last day, the last week, the last month, and all.
select torrent_id, sum(case when at >= :day then 1 else 0 end) as day, sum(case when at >= :week then 1 else 0 end) as week,
       sum(case when at >= :month then 1 else 0 end) as month, count(*) as whole
  from thank where torrent_id > :after and torrent_id <= :upto and at < :until group by torrent_id order by torrent_id;
