-- fails: 4: datetime: time and chance are parameters
-- query shelf_find(id int) -> one(title text)
-- One.
select title from shelf where id = :id and at < datetime('now');
