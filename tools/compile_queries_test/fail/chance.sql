-- fails: 4: random: time and chance are parameters
-- query shelf_find(id int) -> one(title text)
-- One.
select title from shelf where id = :id order by random();
