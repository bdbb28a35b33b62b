-- query metainfo_add(torrent_id int, trackers text, web_seeds text, comment text, created_by text, created_at int,
--     piece_layers blob, info blob) -> none
-- The received file.
insert into metainfo (torrent_id, trackers, web_seeds, comment, created_by, created_at, piece_layers, info)
values (:torrent_id, :trackers, :web_seeds, :comment, :created_by, :created_at, :piece_layers, :info);

-- query metainfo_find(torrent_id int) -> one(trackers text, web_seeds text, comment text, created_by text,
--     created_at int, piece_layers blob, info blob)
-- All that is needed to serve the file again.
select trackers, web_seeds, comment, created_by, created_at, piece_layers, info
  from metainfo where torrent_id = :torrent_id;
