-- query tally_add(torrent_id int) -> none
-- Nobody yet.
insert into tally (torrent_id) values (:torrent_id);

-- query tally_set(swarm blob, seeders int, leechers int, completed int, at int) -> maybe(torrent_id int)
-- What the tracker counted. Completions never go back, even when a tracker lost its memory. No row: not ours.
update tally set seeders = :seeders, leechers = :leechers, counted_at = :at,
       completed = case when completed > :completed then completed else :completed end
 where torrent_id = (select id from torrent where swarm = :swarm) returning torrent_id;

-- query tally_totals() -> one(torrents int, seeders int, leechers int, completed int)
-- Of all published works together.
select count(t.id), coalesce(sum(c.seeders), 0), coalesce(sum(c.leechers), 0), coalesce(sum(c.completed), 0)
  from torrent t join tally c on c.torrent_id = t.id where t.state = 0;
