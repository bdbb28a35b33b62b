-- query progress_find(name text) -> maybe(at int)
-- How far a job has come.
select at from progress where name = :name;

-- query progress_set(name text, at int) -> none
-- It has come so far.
insert into progress (name, at) values (:name, :at) on conflict (name) do update set at = excluded.at;

-- query progress_remove(name text) -> none
-- It is through.
delete from progress where name = :name;
