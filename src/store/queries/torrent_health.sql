-- How works fared: steps by the hour and by the day, as community/health.h writes them.

-- query torrent_health_find(torrent_id int) -> maybe(hours blob?, days blob?)
-- Both of one work.
select h.steps as hours, d.steps as days from torrent_hours h left join torrent_days d on d.torrent_id = h.torrent_id
 where h.torrent_id = :torrent_id;

-- query torrent_health_counted(after int, since int, count int)
--     -> many(torrent_id int, seeders int, leechers int, completed int, known_completed int?, first_hour int?, hours blob?)
-- Works counted since a moment, by id, with the hours known of them.
select c.torrent_id, c.seeders, c.leechers, c.completed, h.completed as known_completed, h.first_hour, h.steps as hours
  from torrent_count c left join torrent_hours h on h.torrent_id = c.torrent_id
 where c.torrent_id > :after and c.counted_at >= :since order by c.torrent_id limit :count;

-- query torrent_health_set_hours(torrent_id int, completed int, first_hour int, steps blob) -> none
-- A work that is gone meanwhile is passed over.
insert into torrent_hours (torrent_id, completed, first_hour, steps)
select id, :completed, :first_hour, :steps from torrent where id = :torrent_id
    on conflict (torrent_id) do update
   set completed = excluded.completed, first_hour = excluded.first_hour, steps = excluded.steps;

-- query torrent_health_old(before int, count int) -> many(torrent_id int, completed int, hours blob, days blob?)
-- Works with hours from before a certain one, and their days.
select h.torrent_id, h.completed, h.steps as hours, d.steps as days
  from torrent_hours h left join torrent_days d on d.torrent_id = h.torrent_id
 where h.first_hour < :before order by h.first_hour limit :count;

-- query torrent_health_set_days(torrent_id int, steps blob) -> none
-- A work that is gone meanwhile is passed over.
insert into torrent_days (torrent_id, steps) select id, :steps from torrent where id = :torrent_id
    on conflict (torrent_id) do update set steps = excluded.steps;
