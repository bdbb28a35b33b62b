-- fails: 4: one statement a query
-- query shelf_find(id int) -> one(title text)
-- One.
select title from shelf where id = :id; delete from shelf;
