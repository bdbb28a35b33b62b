-- fails: 4: name the columns instead of *
-- query shelf_find(id int) -> one(title text)
-- One.
select s.* from shelf s where id = :id;
