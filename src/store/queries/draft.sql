-- query draft_add(member_id int, secret_hash blob, torrent blob, kept_at int) -> none
-- A file kept.
insert into draft (member_id, secret_hash, torrent, kept_at) values (:member_id, :secret_hash, :torrent, :kept_at);

-- query draft_find(member_id int, secret_hash blob) -> maybe(torrent blob)
-- Only by whom it was kept for.
select torrent from draft where member_id = :member_id and secret_hash = :secret_hash;

-- query draft_remove_oldest(member_id int, kept int) -> none
-- All of a member but the latest.
delete from draft where member_id = :member_id and id not in
    (select id from draft where member_id = :member_id order by id desc limit :kept);

-- query draft_remove_before(kept_before int) -> none
-- Those nobody came back for.
delete from draft where kept_at < :kept_before;
