-- fails: 2: "string" is no type of parameters
-- query shelf_find(title string) -> one(id int)
-- One.
select id from shelf where title = :title;
