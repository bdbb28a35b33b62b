-- query torrent_blob_add(torrent_id int, paths text, trackers text, web_seeds text, comment text, created_by text, created_at int,
--     piece_layers blob, info blob) -> none
-- The received file.
insert into torrent_blob (torrent_id, paths, trackers, web_seeds, comment, created_by, created_at, piece_layers, info)
values (:torrent_id, :paths, :trackers, :web_seeds, :comment, :created_by, :created_at, :piece_layers, :info);

-- query torrent_blob_contents(torrent_id int) -> one(trackers text, web_seeds text, comment text, info blob)
-- What its page shows: without the piece layers, which may be millions of bytes.
select trackers, web_seeds, comment, info from torrent_blob where torrent_id = :torrent_id;

-- query torrent_blob_find(torrent_id int) -> one(trackers text, web_seeds text, comment text, created_by text,
--     created_at int, piece_layers blob, info blob)
-- All that is needed to serve the file again.
select trackers, web_seeds, comment, created_by, created_at, piece_layers, info
  from torrent_blob where torrent_id = :torrent_id;
