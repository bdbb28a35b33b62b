-- What the site itself must remember: secrets made once, marks of progress.

-- query site_state_find(name text) -> maybe(value blob)
-- Absent until it is first put.
select value from site_state where name = :name;

-- query site_state_put(name text, value blob) -> none
-- Adds or replaces.
insert into site_state (name, value) values (:name, :value)
    on conflict (name) do update set value = excluded.value;

-- query site_state_remove(name text) -> none
-- Forgets it; removing what is not there is fine.
delete from site_state where name = :name;
