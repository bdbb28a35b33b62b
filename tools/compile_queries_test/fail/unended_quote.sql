-- fails: 4: a quote that does not end
-- query shelf_find(id int) -> one(title text)
-- One.
select title from shelf where id = :id and title = 'x;
