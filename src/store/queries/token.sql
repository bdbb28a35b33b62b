-- query token_add(secret_hash blob, member_id int, label text, scopes text, at int) -> one(id int)
-- A key for another program.
insert into token (secret_hash, member_id, label, scopes, created_at, used_at)
values (:secret_hash, :member_id, :label, :scopes, :at, :at) returning id;

-- query token_find(secret_hash blob) -> maybe(id int, member_id int, scopes text, used_at int, name text, role int,
--     language text, theme text, banned bool, announce_salt blob?)
-- The token and whose it is.
select t.id, t.member_id, t.scopes, t.used_at, m.name, m.role, m.language, m.theme, m.banned, k.salt as announce_salt
  from token t join member m on m.id = t.member_id left join announce_key k on k.member_id = t.member_id
 where t.secret_hash = :secret_hash;

-- query token_list(member_id int) -> many(id int, secret_hash blob, label text, scopes text, created_at int, used_at int)
-- The tokens of a member, newest first.
select id, secret_hash, label, scopes, created_at, used_at from token where member_id = :member_id order by id desc;

-- query token_count(member_id int) -> one(count int)
-- How many a member has.
select count(id) as count from token where member_id = :member_id;

-- query token_touch(id int, used_at int) -> none
-- Used again.
update token set used_at = :used_at where id = :id and used_at < :used_at;

-- query token_remove_one(id int, member_id int) -> none
-- One of a member's own.
delete from token where id = :id and member_id = :member_id;

-- query token_remove_all(member_id int) -> none
-- Every one of a member.
delete from token where member_id = :member_id;
