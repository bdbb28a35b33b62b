-- query edition_put(torrent_id int, series_id int, label text, dated_at int) -> none
-- A work becomes an edition, or its words change. Nothing changed: it is one of another series.
insert into edition (torrent_id, series_id, label, dated_at) values (:torrent_id, :series_id, :label, :dated_at)
    on conflict (torrent_id) do update set label = excluded.label, dated_at = excluded.dated_at
 where edition.series_id = excluded.series_id;

-- query edition_remove(torrent_id int, series_id int) -> none
-- The work is one of its own again.
delete from edition where torrent_id = :torrent_id and series_id = :series_id;

-- query edition_of(torrent_id int)
--     -> maybe(series_id int, slug text, name text, kind int, owner_id int, label text, dated_at int)
-- The edition a work is, and the series it is one of.
select e.series_id, s.slug, s.name, s.kind, s.owner_id, e.label, e.dated_at
  from edition e join series s on s.id = e.series_id where e.torrent_id = :torrent_id;

-- query edition_newest(series_id int) -> maybe(torrent_id int, label text, dated_at int)
-- The latest that anybody may see.
select e.torrent_id, e.label, e.dated_at from edition e join torrent t on t.id = e.torrent_id
 where e.series_id = :series_id and t.state = 0 order by e.dated_at desc, e.torrent_id desc limit 1;

-- query edition_list(series_id int, before_at int, before_id int, count int)
--     -> many(torrent_id int, label text, dated_at int)
-- Those anybody may see, latest first.
select e.torrent_id, e.label, e.dated_at from edition e join torrent t on t.id = e.torrent_id
 where e.series_id = :series_id and t.state = 0 and (e.dated_at, e.torrent_id) < (:before_at, :before_id)
 order by e.dated_at desc, e.torrent_id desc limit :count;

-- query edition_count(series_id int) -> one(count int)
-- All of a series, whatever their state.
select count(torrent_id) as count from edition where series_id = :series_id;
