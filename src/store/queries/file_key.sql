-- query file_key_put(torrent_id int, keys blob) -> none
-- What the files of a work are known by. A work that is gone meanwhile is passed over.
insert into file_key (torrent_id, keys) select id, :keys from torrent where id = :torrent_id
    on conflict (torrent_id) do update set keys = excluded.keys;

-- query file_key_find(torrent_id int) -> maybe(keys blob)
-- Of one work.
select keys from file_key where torrent_id = :torrent_id;

-- query file_key_of(ids ints) -> many(torrent_id int, keys blob)
-- Of several works, in no order; only of those anybody may see.
-- sqlite
select k.torrent_id, k.keys from file_key k join torrent t on t.id = k.torrent_id
 where k.torrent_id in (select value from json_each(:ids)) and t.state = 0;
-- postgres
select k.torrent_id, k.keys from file_key k join torrent t on t.id = k.torrent_id
 where k.torrent_id = any(:ids) and t.state = 0;

-- query file_key_missing(after int, count int) -> many(id int, known bool)
-- The next works by id, and whether theirs are made.
select t.id, k.torrent_id is not null as known from torrent t left join file_key k on k.torrent_id = t.id
 where t.id > :after order by t.id limit :count;

-- query file_key_info(torrent_id int) -> maybe(info blob)
-- What they are made of.
select info from torrent_blob where torrent_id = :torrent_id;

-- query file_key_forget(after int) -> none
-- So that they are made again.
delete from file_key where torrent_id > :after;
