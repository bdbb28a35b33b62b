-- How many plans a work is in, so that the next plan takes others.
create index giving_work_by_torrent on giving_work (torrent_id) where dropped_at = 0;
