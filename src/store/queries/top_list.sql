-- query top_list_last_id() -> one(id int)
-- The youngest work there is.
select coalesce(max(torrent_id), 0) as id from torrent_count;

-- query top_list_counted(after int, upto int)
--     -> many(torrent_id int, category int, seeders int, completed int, hours blob?, days blob?)
-- Works that were ever counted, by id, with their history.
select c.torrent_id, t.category, c.seeders, c.completed, h.steps as hours, d.steps as days
  from torrent_count c join torrent t on t.id = c.torrent_id left join torrent_hours h on h.torrent_id = c.torrent_id
  left join torrent_days d on d.torrent_id = c.torrent_id
 where c.torrent_id > :after and c.torrent_id <= :upto and (c.counted_at > 0 or c.thanks > 0) and t.state = 0
 order by c.torrent_id;

-- query top_list_put(day int, kind int, category int, works blob) -> none
-- One list of a day.
insert into top_list (day, kind, category, works) values (:day, :kind, :category, :works)
    on conflict (day, kind, category) do update set works = excluded.works;

-- query top_list_clear(day int) -> none
-- Before the lists of a day are put down anew.
delete from top_list where day = :day;

-- query top_list_forget(before int) -> none
-- Lists of days long gone.
delete from top_list where day < :before;

-- query top_list_find(day int, kind int, category int) -> maybe(works blob)
-- One list of a day.
select works from top_list where day = :day and kind = :kind and category = :category;

-- query top_list_day_before(day int) -> maybe(day int)
-- The last day before that has lists.
select day from top_list where day < :day order by day desc limit 1;

-- query top_list_day_after(day int) -> maybe(day int)
-- The first day after that has lists.
select day from top_list where day > :day order by day limit 1;
