-- fails: 4: "returning" needs one, maybe or many
-- query shelf_remove(id int) -> none
-- One.
delete from shelf where id = :id returning id;
