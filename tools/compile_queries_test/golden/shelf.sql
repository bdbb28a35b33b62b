-- Everything the language has, once.

-- row shelf_card(id int, title text, seeders int?)
-- What a list shows.
select s.id, s.title, s.seeders /* not "these" */ from shelf s

-- query shelf_newest(before_time int, count int) -> many shelf_card
-- Newest first; pages by key.
@shelf_card where s.at < :before_time -- a comment, it's gone
 order by s.at desc limit :count;

-- query shelf_add(title text, cover blob?, share real, rough real?, open bool, owner int?, note text?, bytes blob)
--     -> maybe(id int)
-- No row: it is there already.
insert into shelf (title, cover, share, rough, open, owner, note, bytes, kind)
values (:title, :cover, :share, :rough, :open, :owner, :note, :bytes, 'it''s :not a bind -- nor a comment')
on conflict do nothing returning id;

-- query shelf_find(id int) -> one(title text, cover blob?, share real, rough real?, open bool, note text?)
-- One of them, the same number twice.
select title, cover, share, rough, open, note from shelf where id = :id and :id > 0;

-- query shelf_by_ids(ids ints) -> many(id int)
-- Two bodies.
-- sqlite
select id from shelf where id in (select value from json_each(:ids));
-- postgres
select id from shelf where id = any(:ids::bigint[]);

-- query shelf_count() -> one(works int)
-- How many, "quoted" and with a \ in it.
select count(*) as works from shelf where title <> 'a "b" \';

-- query shelf_clear() -> none
-- All away.
delete from shelf;
