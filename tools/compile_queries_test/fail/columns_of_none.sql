-- fails: 2: none has no columns
-- query shelf_remove(id int) -> none(id int)
-- One.
delete from shelf where id = :id;
