-- query torrent_event_add(torrent_id int, at int, actor_id int?, what text, detail text) -> none
-- What was done to a work.
insert into torrent_event (torrent_id, at, actor_id, what, detail) values (:torrent_id, :at, :actor_id, :what, :detail);

-- query torrent_event_list(torrent_id int, count int) -> many(at int, actor text, what text, detail text)
-- The latest things done to a work, oldest first.
select at, actor, what, detail from (
    select h.id as id, h.at as at, coalesce(m.name, '') as actor, h.what as what, h.detail as detail
      from torrent_event h left join member m on m.id = h.actor_id
     where h.torrent_id = :torrent_id order by h.id desc limit :count) as latest
 order by id;

-- query torrent_event_last() -> one(id int)
-- Where the story stands now; 0: nothing has happened yet.
select coalesce(max(id), 0) as id from torrent_event;

-- query torrent_event_changed(after_id int, upto_id int, count int) -> many(torrent_id int, id int)
-- What was done in between, in order; a work comes as often as something was done to it.
select torrent_id, id from torrent_event where id > :after_id and id <= :upto_id order by id limit :count;
