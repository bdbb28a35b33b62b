-- fails: 2: this signature does not end
-- query shelf_clear(id int,
delete from shelf;
