-- What the files of a work are known by, so that the same file is found in other works: community/file_key.h says how
-- the bytes are laid out. A work without a row waits for the job that makes it.
create table file_key (
    torrent_id integer primary key references torrent (id) on delete cascade,
    keys blob not null                  -- empty: none of its files is large enough to be told by
) strict;
