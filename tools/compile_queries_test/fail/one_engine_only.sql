-- fails: 2: shelf_list has no SQL for postgres
-- query shelf_list() -> many(id int)
-- All.
-- sqlite
select id from shelf;
