-- fails: 5: "shelf_clear" stands already in line 2
-- query shelf_clear() -> none
-- All.
delete from shelf;
-- query shelf_clear() -> none
-- All.
delete from shelf;
