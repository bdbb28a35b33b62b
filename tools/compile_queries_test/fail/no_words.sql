-- fails: 2: shelf_clear: say in a comment line what it answers
-- query shelf_clear() -> none
delete from shelf;
