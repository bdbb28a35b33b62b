-- fails: 4: a query starts with
-- query shelf_find(id int) -> one(title text)
-- One.
attach :id as other;
