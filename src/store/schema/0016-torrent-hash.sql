-- What the tracker is told at start, read without the works themselves.
create index torrent_by_state on torrent (state, id, infohash_v1, infohash_v2);
