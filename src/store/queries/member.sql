-- row member_line(id int, name text, email text, password_hash text, role int, language text, theme text, banned bool,
--     created_at int, works int)
select m.id, m.name, m.email, m.password_hash, m.role, m.language, m.theme, m.banned, m.created_at,
       (select count(id) from torrent where uploader_id = m.id and state = 0) as works
  from member m

-- query member_add(name text, name_key text, email text, email_key text, password_hash text, role int, created_at int)
--     -> maybe(id int)
-- No row: the name or the address is taken.
insert into member (name, name_key, email, email_key, password_hash, role, created_at)
values (:name, :name_key, :email, :email_key, :password_hash, :role, :created_at)
on conflict do nothing returning id;

-- query member_by_id(id int) -> maybe member_line
-- One member.
@member_line where m.id = :id;

-- query member_by_name(name_key text) -> maybe member_line
-- One member by name in lower case.
@member_line where m.name_key = :name_key;

-- query member_by_email(email_key text) -> maybe member_line
-- One member by address in lower case.
@member_line where m.email_key = :email_key;

-- query member_newest(count int) -> many member_line
-- The list of administrators, newest first.
@member_line order by m.id desc limit :count;

-- query member_any() -> one(known bool)
-- Whether there is anybody at all.
select exists (select 1 from member) as known;

-- query member_count() -> one(count int)
-- How many there are.
select count(id) as count from member;

-- query member_count_role(role int) -> one(count int)
-- How many have this role and are not banned.
select count(id) as count from member where role = :role and banned = 0;

-- query member_set_password(id int, password_hash text) -> none
-- A new hash.
update member set password_hash = :password_hash where id = :id;

-- query member_set_preferences(id int, language text, theme text) -> none
-- What a member chose for the pages.
update member set language = :language, theme = :theme where id = :id;

-- query member_set_role(id int, role int) -> none
-- What a member may do.
update member set role = :role where id = :id;

-- query member_set_banned(id int, banned bool) -> none
-- Shut out, or let in again.
update member set banned = :banned where id = :id;

-- query member_id_by_name(name_key text) -> maybe(id int)
-- Only who it is.
select id from member where name_key = :name_key;
