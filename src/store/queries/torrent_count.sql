-- query torrent_count_add(torrent_id int) -> none
-- Nobody yet.
insert into torrent_count (torrent_id) values (:torrent_id);

-- query torrent_count_claim(torrent_id int, seeders int, leechers int, completed int, at int, seeded_at int, well_seeded_at int)
--     -> none
-- A new work with what an import said of it, and of when. Shown as a claim until our own tracker has counted.
insert into torrent_count (torrent_id, seeders, leechers, completed, claimed_at, last_seeder_at, well_seeded_at)
values (:torrent_id, :seeders, :leechers, :completed, :at, :seeded_at, :well_seeded_at);

-- query torrent_count_set(swarm blob, seeders int, leechers int, completed int, seeders_v6 int, leechers_v6 int,
--     seeders_web int, leechers_web int, well int, at int)
--     -> maybe(torrent_id int, completed int, last_seeder_at int, well_seeded_at int)
-- What the tracker counted. Completions never go back, even when a tracker lost its memory. On the right stands what was:
-- a work has a seeder up to the moment the last one is gone; a claim is no count and is forgotten. No row: not ours, or let go since it was counted.
update torrent_count set seeders = :seeders, leechers = :leechers, counted_at = :at,
       seeders_v6 = :seeders_v6, leechers_v6 = :leechers_v6, seeders_web = :seeders_web, leechers_web = :leechers_web,
       first_seeder_at = case when first_seeder_at = 0 and :seeders > 0 then :at else first_seeder_at end,
       last_seeder_at = case when :seeders > 0 or (seeders > 0 and claimed_at = 0) then :at
                             when claimed_at > 0 then 0 else last_seeder_at end,
       well_seeded_at = case when :seeders >= :well or (seeders >= :well and claimed_at = 0) then :at
                             when claimed_at > 0 then 0 else well_seeded_at end,
       completed = case when claimed_at = 0 and completed > completed_before + :completed then completed
                        else completed_before + :completed end,
       claimed_at = 0
 where torrent_id = (select id from torrent where swarm = :swarm and state = 0)
 returning torrent_id, completed, last_seeder_at, well_seeded_at;

-- query torrent_count_put(torrent_id int, seeders int, leechers int, completed int, seeders_v6 int, leechers_v6 int, at int,
--     first_seeder_at int, last_seeder_at int, well_seeded_at int) -> none
-- Counts made up, for the sample catalogue.
update torrent_count set seeders = :seeders, leechers = :leechers, completed = :completed, seeders_v6 = :seeders_v6,
       leechers_v6 = :leechers_v6, counted_at = :at, first_seeder_at = :first_seeder_at,
       last_seeder_at = :last_seeder_at, well_seeded_at = :well_seeded_at
 where torrent_id = :torrent_id;

-- query torrent_count_end(torrent_id int, at int) -> none
-- The tracker has let the work go: nobody shares it here any more.
update torrent_count set seeders = 0, leechers = 0, seeders_v6 = 0, leechers_v6 = 0, seeders_web = 0, leechers_web = 0,
       counted_at = :at, completed = case when claimed_at = 0 then completed else 0 end,
       completed_before = case when claimed_at = 0 then completed else 0 end,
       last_seeder_at = case when claimed_at > 0 then 0 when seeders > 0 then :at else last_seeder_at end,
       well_seeded_at = case when claimed_at > 0 then 0 else well_seeded_at end, claimed_at = 0
 where torrent_id = :torrent_id;

-- query torrent_count_unconfirmed(after int, before int, count int) -> many(torrent_id int)
-- Works with people in their swarm of whom nobody has told anything since a moment, by id.
select torrent_id from torrent_count
 where torrent_id > :after and counted_at < :before and claimed_at = 0 and (seeders > 0 or leechers > 0) order by torrent_id limit :count;

-- query torrent_count_clear(torrent_id int, before int, seen_at int, at int, well int)
--     -> maybe(completed int, last_seeder_at int, well_seeded_at int)
-- Nobody is there after all; they may have been until `seen_at`.
update torrent_count set seeders = 0, leechers = 0, seeders_v6 = 0, leechers_v6 = 0, seeders_web = 0, leechers_web = 0,
       counted_at = :at,
       last_seeder_at = case when seeders > 0 and last_seeder_at < :seen_at then :seen_at else last_seeder_at end,
       well_seeded_at = case when seeders >= :well and well_seeded_at < :seen_at then :seen_at else well_seeded_at end
 where torrent_id = :torrent_id and counted_at < :before and claimed_at = 0 returning completed, last_seeder_at, well_seeded_at;

-- query torrent_count_after(torrent_id int, count int)
--     -> many(torrent_id int, seeders int, leechers int, completed int, last_seeder_at int, well_seeded_at int,
--     claimed_at int)
-- What search is to know again after an end by force, by id.
select torrent_id, seeders, leechers, completed, last_seeder_at, well_seeded_at, claimed_at from torrent_count
 where torrent_id > :torrent_id order by torrent_id limit :count;
