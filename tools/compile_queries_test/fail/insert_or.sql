-- fails: 4: write "on conflict"
-- query shelf_add(id int) -> none
-- New.
insert or ignore into shelf (id) values (:id);
