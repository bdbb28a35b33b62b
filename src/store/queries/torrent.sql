-- row torrent_line(id int, infohash_v1 blob?, infohash_v2 blob?, state int, uploader_id int, uploader text, category int,
--     license text, published_at int, changed_at int, size_bytes int, piece_length int, file_count int,
--     is_private bool, title text, name text, author text, source_url text, language text, tags text,
--     state_reason text, state_note text, state_at int, seeders int, leechers int, completed int, counted_at int,
--     seeders_v6 int, leechers_v6 int, seeders_web int, leechers_web int, first_seeder_at int, last_seeder_at int,
--     well_seeded_at int, thanks int, claimed_at int)
-- All of a work but its description, which lists do not show.
select t.id, t.infohash_v1, t.infohash_v2, t.state, t.uploader_id, m.name as uploader, t.category, t.license, t.published_at,
       t.changed_at, t.size_bytes, t.piece_length, t.file_count, t.is_private, t.title, t.name, t.author,
       t.source_url, t.language, t.tags, t.state_reason, t.state_note, t.state_at, c.seeders, c.leechers,
       c.completed, c.counted_at, c.seeders_v6, c.leechers_v6, c.seeders_web, c.leechers_web, c.first_seeder_at,
       c.last_seeder_at, c.well_seeded_at, c.thanks, c.claimed_at
  from torrent t join member m on m.id = t.uploader_id join torrent_count c on c.torrent_id = t.id

-- row torrent_work(id int, infohash_v1 blob?, infohash_v2 blob?, state int, uploader text, category int, license text,
--     published_at int, size_bytes int, title text, author text, language text, tags text, description text,
--     paths text, seeders int, leechers int, completed int, last_seeder_at int, well_seeded_at int, claimed_at int, file_count int,
--     keys blob?)
-- What search and tracker need of a work.
select t.id, t.infohash_v1, t.infohash_v2, t.state, m.name as uploader, t.category, t.license, t.published_at, t.size_bytes, t.title,
       t.author, t.language, t.tags, t.description, p.paths, c.seeders, c.leechers, c.completed,
       c.last_seeder_at, c.well_seeded_at, c.claimed_at, t.file_count, k.keys
  from torrent t join member m on m.id = t.uploader_id join torrent_count c on c.torrent_id = t.id
  join torrent_blob p on p.torrent_id = t.id left join file_key k on k.torrent_id = t.id

-- query torrent_add(infohash_v1 blob?, infohash_v2 blob?, swarm blob, state int, uploader_id int, category int, license text,
--     at int, size_bytes int, piece_length int, file_count int, is_private bool, title text, name text,
--     author text, source_url text, language text, tags text, description text) -> maybe(id int)
-- No row: this torrent is known.
insert into torrent (infohash_v1, infohash_v2, swarm, state, uploader_id, category, license, published_at, changed_at,
                     size_bytes, piece_length, file_count, is_private, title, name, author, source_url, language,
                     tags, state_at, description)
values (:infohash_v1, :infohash_v2, :swarm, :state, :uploader_id, :category, :license, :at, :at, :size_bytes,
        :piece_length, :file_count, :is_private, :title, :name, :author, :source_url, :language, :tags, :at,
        :description)
on conflict do nothing returning id;

-- query torrent_complete(id int, infohash_v2 blob?, size_bytes int, piece_length int, file_count int, is_private bool, name text,
--     at int) -> none
-- Its .torrent has come; until then it was known by its hash alone. A second one that comes changes nothing.
update torrent set infohash_v2 = case when exists (select 1 from torrent o where o.infohash_v2 = :infohash_v2)
                                      then infohash_v2 else coalesce(infohash_v2, :infohash_v2) end, size_bytes = :size_bytes, piece_length = :piece_length,
       file_count = :file_count, is_private = :is_private, name = :name, changed_at = :at
 where id = :id and piece_length = 0;

-- query torrent_without_file(infohash_v1 blob?, infohash_v2 blob?) -> maybe(id int)
-- A visible work that is known by its hash alone.
select id from torrent where (infohash_v1 = :infohash_v1 or infohash_v2 = :infohash_v2) and piece_length = 0 and +state = 0
 limit 1;

-- query torrent_by_id(id int) -> maybe torrent_line
-- One work, in any state.
@torrent_line where t.id = :id;

-- query torrent_by_v1(hash blob) -> maybe torrent_line
-- One work by SHA-1.
@torrent_line where t.infohash_v1 = :hash;

-- query torrent_by_v2(hash blob) -> maybe torrent_line
-- One work by SHA-256.
@torrent_line where t.infohash_v2 = :hash;

-- query torrent_by_v2_start(first blob, last blob) -> maybe torrent_line
-- One work by the first 20 bytes of its SHA-256, filled up with 0 and with 255.
@torrent_line where t.infohash_v2 between :first and :last limit 1;

-- query torrent_ids_by_hash(v1_first blob, v1_last blob, v2_first blob, v2_last blob, count int) -> many(id int)
-- Works whose hash lies between these, by number.
select id from torrent where infohash_v1 between :v1_first and :v1_last
 union select id from torrent where infohash_v2 between :v2_first and :v2_last
 order by id limit :count;

-- query torrent_by_ids(ids ints) -> many torrent_line
-- Several works, in no order.
-- sqlite
@torrent_line where t.id in (select value from json_each(:ids));
-- postgres
@torrent_line where t.id = any(:ids);

-- query torrent_of_member(uploader_id int, count int) -> many torrent_line
-- A member's works in every state, newest first.
@torrent_line where t.uploader_id = :uploader_id order by t.published_at desc, t.id desc limit :count;

-- query torrent_of_member_visible(uploader_id int, count int) -> many torrent_line
-- A member's published works, newest first.
@torrent_line where t.uploader_id = :uploader_id and t.state = 0
 order by t.published_at desc, t.id desc limit :count;

-- query torrent_waiting(count int) -> many torrent_line
-- Works in quarantine, longest waiting first.
@torrent_line where t.state = 1 order by t.id limit :count;

-- query torrent_description(id int) -> one(description text)
-- The long words of a work.
select description from torrent where id = :id;

-- query torrent_work_by_id(id int) -> maybe torrent_work
-- One work for search and tracker, in any state.
@torrent_work where t.id = :id;

-- query torrent_works_of(ids ints) -> many torrent_work
-- Several works for search and tracker, in any state, in no order.
-- sqlite
@torrent_work where t.id in (select value from json_each(:ids));
-- postgres
@torrent_work where t.id = any(:ids);

-- query torrent_hashes_after(state int, id int, count int) -> many(id int, infohash_v1 blob?, infohash_v2 blob?)
-- What the tracker is to allow, or to bar, by id: torrent_by_state holds all of it.
select id, infohash_v1, infohash_v2 from torrent where state = :state and id > :id order by id limit :count;

-- query torrent_count_visible() -> one(count int)
-- How many works search holds when it is whole.
select count(id) as count from torrent where state = 0;

-- query torrent_works_after(id int, count int) -> many torrent_work
-- Visible works for search and tracker, by id. The + keeps SQLite off the index of states, whose rows it would all read
-- and sort for each page.
@torrent_work where +t.state = 0 and t.id > :id order by t.id limit :count;

-- query torrent_change(id int, category int, license text, changed_at int, title text, author text,
--     source_url text, language text, tags text, description text) -> none
-- Other words for a work that is still there.
update torrent set category = :category, license = :license, changed_at = :changed_at, title = :title,
       author = :author, source_url = :source_url, language = :language, tags = :tags, description = :description
 where id = :id and state in (0, 1);

-- query torrent_set_state(id int, was int, state int, reason text, note text, at int) -> none
-- Into another state, if it is still in the one it was seen in.
update torrent set state = :state, state_reason = :reason, state_note = :note, state_at = :at, changed_at = :at
 where id = :id and state = :was;

-- query torrent_set_published_at(id int, at int) -> none
-- Out of quarantine: newest now.
update torrent set published_at = :at where id = :id;

-- query torrent_count_of_member(uploader_id int) -> one(count int)
-- How many works a member has published.
select count(id) as count from torrent where uploader_id = :uploader_id and state = 0;
