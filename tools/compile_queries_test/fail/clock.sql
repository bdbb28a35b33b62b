-- fails: 4: current_timestamp: time and chance are parameters
-- query shelf_find(id int) -> one(title text)
-- One.
select title from shelf where id = :id and at < current_timestamp;
