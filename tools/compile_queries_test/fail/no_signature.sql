-- fails: 2: write: -- query
-- query shelf_clear -> none
-- All.
delete from shelf;
