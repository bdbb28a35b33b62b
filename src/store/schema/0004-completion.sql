-- A work let go and taken back is counted from nothing by the tracker: its completions until then.
alter table torrent_count add column completed_before integer not null default 0;
