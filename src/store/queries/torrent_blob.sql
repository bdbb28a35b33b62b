-- query torrent_blob_add(torrent_id int, paths text, trackers text, web_seeds text, comment text, created_by text, created_at int,
--     piece_layers blob, info blob) -> none
-- The received file.
insert into torrent_blob (torrent_id, paths, trackers, web_seeds, comment, created_by, created_at, piece_layers, info)
values (:torrent_id, :paths, :trackers, :web_seeds, :comment, :created_by, :created_at, :piece_layers, :info);

-- query torrent_blob_contents(torrent_id int) -> one(trackers text, web_seeds text, comment text, info blob)
-- What its page shows: without the piece layers, which may be millions of bytes.
select trackers, web_seeds, comment, info from torrent_blob where torrent_id = :torrent_id;

-- query torrent_blob_lengths(ids ints) -> many(torrent_id int, trackers text, web_seeds text, created_by text, created_at int,
--     piece_layers_bytes int, info_bytes int, series text?)
-- What tells how long the served files are, without the long parts: SQLite knows a length without reading.
-- sqlite
select torrent_id, trackers, web_seeds, created_by, created_at, length(piece_layers) as piece_layers_bytes,
       length(info) as info_bytes,
       (select s.slug from edition e join series s on s.id = e.series_id where e.torrent_id = torrent_blob.torrent_id) as series
  from torrent_blob where torrent_id in (select value from json_each(:ids));
-- postgres
select torrent_id, trackers, web_seeds, created_by, created_at, length(piece_layers) as piece_layers_bytes,
       length(info) as info_bytes,
       (select s.slug from edition e join series s on s.id = e.series_id where e.torrent_id = torrent_blob.torrent_id) as series
  from torrent_blob where torrent_id = any(:ids);

-- query torrent_blob_find(torrent_id int) -> one(trackers text, web_seeds text, comment text, created_by text,
--     created_at int, piece_layers blob, info blob)
-- All that is needed to serve the file again.
select trackers, web_seeds, comment, created_by, created_at, piece_layers, info
  from torrent_blob where torrent_id = :torrent_id;

-- query torrent_blob_list(torrent_id int, paths text, sizes text, trackers text, web_seeds text) -> none
-- Of a work whose .torrent nobody has brought yet: its files as somebody listed them.
insert into torrent_blob (torrent_id, paths, sizes, trackers, web_seeds, comment, created_by, created_at, piece_layers, info)
values (:torrent_id, :paths, :sizes, :trackers, :web_seeds, '', '', 0, x'', x'');

-- query torrent_blob_listed(torrent_id int) -> one(paths text, sizes text)
-- That list: a path a line, and a number of bytes a line.
select paths, sizes from torrent_blob where torrent_id = :torrent_id;

-- query torrent_blob_complete(torrent_id int, paths text, trackers text, web_seeds text, comment text, created_by text,
--     created_at int, piece_layers blob, info blob) -> none
-- The file has come.
update torrent_blob set paths = :paths, sizes = '', trackers = :trackers, web_seeds = :web_seeds, comment = :comment,
       created_by = :created_by, created_at = :created_at, piece_layers = :piece_layers, info = :info
 where torrent_id = :torrent_id and info = x'';

-- query torrent_blob_paths(ids ints, letters int) -> many(torrent_id int, paths text)
-- The first file names of several works, a path a line.
-- sqlite
select torrent_id, substr(paths, 1, :letters) as paths from torrent_blob
 where torrent_id in (select value from json_each(:ids));
-- postgres
select torrent_id, substr(paths, 1, :letters) as paths from torrent_blob where torrent_id = any(:ids);
