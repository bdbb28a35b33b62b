-- fails: 2: many needs columns
-- query shelf_list() -> many
-- All.
select id from shelf;
