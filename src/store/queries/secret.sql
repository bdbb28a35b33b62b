-- query secret_add(name text, value blob) -> none
-- Keeps the one that is there already: two that start at once agree.
insert into secret (name, value) values (:name, :value) on conflict do nothing;

-- query secret_find(name text) -> maybe(value blob)
-- A secret of this site.
select value from secret where name = :name;
