-- fails: 2: "default" cannot be the name of a C field
-- query shelf_find(default int) -> one(id int)
-- One.
select id from shelf where id = :default;
