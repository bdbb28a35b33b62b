-- fails: 5: shelf_a1 and shelf_a_1 would make the same C type
-- query shelf_a_1() -> none
-- All.
delete from shelf;
-- query shelf_a1() -> none
-- All.
delete from shelf;
