-- query export_works(after int, count int) -> many(id int, infohash_v1 blob?, infohash_v2 blob?, uploader text, category int,
--     license text, published_at int, size_bytes int, piece_length int, file_count int, is_private bool, title text,
--     name text, author text, source_url text, language text, tags text, seeders int, leechers int, completed int,
--     counted_at int, claimed_at int, description text)
-- Visible works with all their words, by id. The + keeps SQLite off the index of states, as in torrent_works_after.
select t.id, t.infohash_v1, t.infohash_v2, m.name as uploader, t.category, t.license, t.published_at, t.size_bytes,
       t.piece_length, t.file_count, t.is_private, t.title, t.name, t.author, t.source_url, t.language, t.tags, c.seeders,
       c.leechers, c.completed, c.counted_at, c.claimed_at, t.description
  from torrent t join member m on m.id = t.uploader_id join torrent_count c on c.torrent_id = t.id
 where +t.state = 0 and t.id > :after order by t.id limit :count;

-- query export_count() -> one(count int)
-- How many that will be.
select count(id) as count from torrent where state = 0;
