-- fails: 2: "ints" is no type of columns
-- query shelf_find(id int) -> one(ids ints)
-- One.
select id from shelf where id = :id;
