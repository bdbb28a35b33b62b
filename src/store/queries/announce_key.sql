-- query announce_key_find(member_id int) -> maybe(salt blob, named bool, made_at int, banned bool)
-- The key of a member.
select k.salt, k.named, k.made_at, m.banned
  from announce_key k join member m on m.id = k.member_id where k.member_id = :member_id;

-- query announce_key_all(after int, count int) -> many(member_id int, salt blob)
-- All keys in use, page by page.
select k.member_id, k.salt from announce_key k join member m on m.id = k.member_id
 where k.member_id > :after and m.banned = 0 order by k.member_id limit :count;

-- query announce_key_put(member_id int, salt blob, made_at int) -> none
-- A first key, or a new one in its place.
insert into announce_key (member_id, salt, made_at) values (:member_id, :salt, :made_at)
on conflict (member_id) do update set salt = excluded.salt, made_at = excluded.made_at;

-- query announce_key_remove(member_id int) -> none
-- No key any more.
delete from announce_key where member_id = :member_id;

-- query announce_key_set_named(member_id int, named bool) -> none
-- Whether the member may be named.
update announce_key set named = :named where member_id = :member_id;

-- query announce_key_named(member_ids ints) -> many(name text)
-- Those of them who may be named.
select m.name from announce_key k join member m on m.id = k.member_id
 where k.named = 1 and m.banned = 0 and k.member_id in (select value from json_each(:member_ids))
 order by m.name_key;

-- query announce_key_work(swarm blob) -> maybe(id int, title text)
-- A work everybody may see, by what clients announce.
select id, title from torrent where swarm = :swarm and state = 0;
