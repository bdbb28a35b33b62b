-- fails: 2: "some" is no result
-- query shelf_find(id int) -> some(title text)
-- One.
select title from shelf where id = :id;
