-- query session_add(secret_hash blob, member_id int, label text, at int) -> one(id int)
-- Signed in.
insert into session (secret_hash, member_id, label, created_at, used_at)
values (:secret_hash, :member_id, :label, :at, :at) returning id;

-- query session_find(secret_hash blob) -> maybe(id int, member_id int, used_at int, name text, role int, language text,
--     theme text, banned bool, announce_salt blob?)
-- The session and whose it is.
select s.id, s.member_id, s.used_at, m.name, m.role, m.language, m.theme, m.banned, k.salt as announce_salt
  from session s join member m on m.id = s.member_id left join announce_key k on k.member_id = s.member_id
 where s.secret_hash = :secret_hash;

-- query session_list(member_id int, used_after int) -> many(id int, secret_hash blob, label text, created_at int, used_at int)
-- The browsers of a member, latest used first.
select id, secret_hash, label, created_at, used_at from session
 where member_id = :member_id and used_at > :used_after order by used_at desc, id desc;

-- query session_touch(id int, used_at int) -> none
-- Seen again. Never set back by a slower thread.
update session set used_at = :used_at where id = :id and used_at < :used_at;

-- query session_remove(secret_hash blob) -> none
-- Signed out.
delete from session where secret_hash = :secret_hash;

-- query session_remove_one(id int, member_id int) -> none
-- One of a member's own.
delete from session where id = :id and member_id = :member_id;

-- query session_remove_others(member_id int, secret_hash blob) -> none
-- All of a member but one; an empty secret_hash spares none.
delete from session where member_id = :member_id and secret_hash <> :secret_hash;

-- query session_remove_oldest(member_id int, kept int) -> none
-- All but the latest used.
delete from session where member_id = :member_id and id not in
    (select id from session where member_id = :member_id order by used_at desc, id desc limit :kept);

-- query session_remove_unused(used_before int) -> none
-- Those that have ended.
delete from session where used_at <= :used_before;
