-- What foreign trackers, web seeds and probes of seeders say of works; apart from what our own tracker counts.

-- query claim_works_after(id int, count int) -> many(id int, is_private bool, trackers text, web_seeds text)
-- Works in any state with the addresses their files came with, by id.
select t.id, t.is_private, b.trackers, b.web_seeds from torrent t join torrent_blob b on b.torrent_id = t.id
 where t.id > :id order by t.id limit :count;

-- query claim_tracker_put(url text, at int) -> one(id int)
-- One more work names it; unless it fails, it is asked again at once.
insert into foreign_tracker (url, works, due_at) values (:url, 1, :at)
    on conflict (url) do update set works = works + 1,
       due_at = case when faults = 0 and due_at > excluded.due_at then excluded.due_at else due_at end
returning id;

-- query claim_swarm_add(torrent_id int, tracker_id int, at int) -> none
-- To be asked about from now on.
insert into foreign_swarm (torrent_id, tracker_id, due_at) values (:torrent_id, :tracker_id, :at) on conflict do nothing;

-- query claim_seed_add(torrent_id int, url text, at int) -> none
-- To be tried from now on.
insert into web_seed (torrent_id, url, due_at) values (:torrent_id, :url, :at) on conflict do nothing;

-- query claim_trackers_due(now int, top int, count int) -> many(id int, url text, faults int)
-- Among the trackers that most works name, those longest due.
select id, url, faults from foreign_tracker
 where due_at <= :now and id in (select id from foreign_tracker order by works desc, id limit :top)
 order by due_at, id limit :count;

-- query claim_swarms_due(tracker_id int, now int, count int) -> many(torrent_id int, state int, infohash_v1 blob?,
--     infohash_v2 blob?)
-- What to ask one tracker about, longest due first.
select f.torrent_id, t.state, t.infohash_v1, t.infohash_v2 from foreign_swarm f join torrent t on t.id = f.torrent_id
 where f.tracker_id = :tracker_id and f.due_at <= :now order by f.due_at, f.torrent_id limit :count;

-- query claim_swarm_said(torrent_id int, tracker_id int, at int, due_at int, outcome text, seeders int, leechers int,
--     completed int) -> none
-- A tracker has answered.
update foreign_swarm set tried_at = :at, checked_at = :at, due_at = :due_at, outcome = :outcome, seeders = :seeders,
       leechers = :leechers, completed = :completed
 where torrent_id = :torrent_id and tracker_id = :tracker_id;

-- query claim_swarm_failed(torrent_id int, tracker_id int, at int, due_at int, outcome text) -> none
-- It has not; what it said before stays, with its age.
update foreign_swarm set tried_at = :at, due_at = :due_at, outcome = :outcome
 where torrent_id = :torrent_id and tracker_id = :tracker_id;

-- query claim_swarm_put_off(torrent_id int, tracker_id int, due_at int) -> none
-- Not asked: nothing is said abroad of a work that is not published.
update foreign_swarm set due_at = :due_at where torrent_id = :torrent_id and tracker_id = :tracker_id;

-- query claim_tracker_set(id int, not_before int, faults int) -> none
-- Due with the first of its swarms, but not before that.
update foreign_tracker set faults = :faults,
       due_at = max(:not_before, coalesce((select min(f.due_at) from foreign_swarm f where f.tracker_id = :id), :not_before))
 where id = :id;

-- query claim_seeds_due(now int, count int) -> many(torrent_id int, url text, state int, faults int)
-- Longest due first.
select w.torrent_id, w.url, t.state, w.faults from web_seed w join torrent t on t.id = w.torrent_id
 where w.due_at <= :now order by w.due_at, w.torrent_id, w.url limit :count;

-- query claim_seed_tried(torrent_id int, url text, at int, due_at int, outcome text, faults int) -> none
-- How it went.
update web_seed set checked_at = :at, due_at = :due_at, outcome = :outcome, faults = :faults
 where torrent_id = :torrent_id and url = :url;

-- query claim_seed_put_off(torrent_id int, url text, due_at int) -> none
-- Not now.
update web_seed set due_at = :due_at where torrent_id = :torrent_id and url = :url;

-- query claim_reach_set(swarm blob, probed int, reachable int, at int) -> none
-- Of a published work, by what its clients announce.
insert into seeder_reach (torrent_id, probed, reachable, checked_at)
select id, :probed, :reachable, :at from torrent where swarm = :swarm and state = 0
    on conflict (torrent_id) do update set probed = excluded.probed, reachable = excluded.reachable,
       checked_at = excluded.checked_at;

-- query claim_foreign_of(torrent_id int) -> many(tracker text, tried_at int, checked_at int, outcome text, seeders int,
--     leechers int, completed int)
-- What each foreign tracker said of a work, the most seeders first.
select r.url as tracker, f.tried_at, f.checked_at, f.outcome, f.seeders, f.leechers, f.completed
  from foreign_swarm f join foreign_tracker r on r.id = f.tracker_id
 where f.torrent_id = :torrent_id and f.tried_at > 0 order by f.checked_at = 0, f.seeders desc, r.id;

-- query claim_seeds_of(torrent_id int) -> many(url text, checked_at int, outcome text)
-- How the web seeds of a work were found.
select url, checked_at, outcome from web_seed where torrent_id = :torrent_id and checked_at > 0 order by url;

-- query claim_reach_of(torrent_id int) -> maybe(probed int, reachable int, checked_at int)
-- How many of its seeders could be reached.
select probed, reachable, checked_at from seeder_reach where torrent_id = :torrent_id;
