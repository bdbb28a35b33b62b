-- fails: 4: shelf_list: SQL before
-- query shelf_list() -> many(id int)
-- All.
select id from shelf;
-- sqlite
select id from shelf;
