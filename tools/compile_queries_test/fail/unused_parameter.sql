-- fails: 2: shelf_find does not use its parameter :id
-- query shelf_find(id int) -> one(title text)
-- One.
select title from shelf;
