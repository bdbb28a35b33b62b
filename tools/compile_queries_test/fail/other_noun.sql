-- fails: 2: "torrent_list" must start with the name of its file: shelf_
-- query torrent_list() -> many(id int)
-- All.
select id from torrent;
