-- fails: 2: no "-- row shelf_card" in this file
-- query shelf_list() -> many shelf_card
-- All.
select id from shelf;
