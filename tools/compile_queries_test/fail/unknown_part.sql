-- fails: 4: @shelf_card: no
-- query shelf_list() -> many(id int)
-- All.
@shelf_card order by id;
