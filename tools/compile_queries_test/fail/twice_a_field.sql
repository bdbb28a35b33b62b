-- fails: 2: "id" stands twice among the columns
-- query shelf_list() -> many(id int, id int)
-- All.
select id, id from shelf;
