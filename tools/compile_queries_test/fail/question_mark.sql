-- fails: 4: write parameters as :name
-- query shelf_find(id int) -> one(title text)
-- One.
select title from shelf where id = :id and at = ?;
