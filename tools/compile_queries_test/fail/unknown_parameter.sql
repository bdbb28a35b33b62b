-- fails: 5: :ids is not among the parameters
-- query shelf_find(id int) -> one(title text)
-- One.
select title from shelf
 where id = :ids and :id;
