-- Works taken over from elsewhere, many of them without their .torrent.
-- 0: what the row says was counted by our own tracker. Else it is what somebody said, and of when.
alter table torrent_count add column claimed_at integer not null default 0;
-- Of a work whose .torrent nobody has brought yet (torrent.piece_length is 0, info is empty): the sizes of `paths`, a
-- number a line. Last, behind the long columns: only such works are asked for it.
alter table torrent_blob add column sizes text not null default '';
