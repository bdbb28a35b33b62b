-- query torrent_count_add(torrent_id int) -> none
-- Nobody yet.
insert into torrent_count (torrent_id) values (:torrent_id);

-- query torrent_count_set(swarm blob, seeders int, leechers int, completed int, at int) -> maybe(torrent_id int, completed int)
-- What the tracker counted. Completions never go back, even when a tracker lost its memory. No row: not ours, or let
-- go since it was counted.
update torrent_count set seeders = :seeders, leechers = :leechers, counted_at = :at,
       completed = case when completed > completed_before + :completed then completed
                        else completed_before + :completed end
 where torrent_id = (select id from torrent where swarm = :swarm and state = 0) returning torrent_id, completed;

-- query torrent_count_end(torrent_id int, at int) -> none
-- The tracker has let the work go: nobody shares it here any more.
update torrent_count set seeders = 0, leechers = 0, counted_at = :at, completed_before = completed
 where torrent_id = :torrent_id;
