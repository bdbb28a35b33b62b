-- query path_add(torrent_id int, paths text) -> none
-- Names of files for search, one a line.
insert into path (torrent_id, paths) values (:torrent_id, :paths);
