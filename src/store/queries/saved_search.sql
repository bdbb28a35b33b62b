-- query saved_search_add(member_id int, query text, sort text, at int) -> maybe(id int)
-- A search to keep. No row: it is kept already.
insert into saved_search (member_id, query, sort, created_at) values (:member_id, :query, :sort, :at)
on conflict do nothing returning id;

-- query saved_search_list(member_id int) -> many(id int, query text, sort text, created_at int)
-- What a member keeps, newest first.
select id, query, sort, created_at from saved_search where member_id = :member_id order by id desc;

-- query saved_search_count(member_id int) -> one(count int)
-- How many a member keeps.
select count(id) as count from saved_search where member_id = :member_id;

-- query saved_search_remove(id int, member_id int) -> none
-- One of a member's own.
delete from saved_search where id = :id and member_id = :member_id;
