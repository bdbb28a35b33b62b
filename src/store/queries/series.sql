-- row series_line(id int, slug text, name text, kind int, description text, owner_id int, owner text, created_at int,
--     changed_at int)
select s.id, s.slug, s.name, s.kind, s.description, s.owner_id, m.name as owner, s.created_at, s.changed_at
  from series s join member m on m.id = s.owner_id

-- query series_add(slug text, name text, kind int, description text, owner_id int, at int) -> maybe(id int)
-- No row: the address is taken.
insert into series (slug, name, kind, description, owner_id, created_at, changed_at)
values (:slug, :name, :kind, :description, :owner_id, :at, :at) on conflict do nothing returning id;

-- query series_by_slug(slug text) -> maybe series_line
-- One series by its address.
@series_line where s.slug = :slug;

-- query series_by_id(id int) -> maybe series_line
-- One series.
@series_line where s.id = :id;

-- query series_list(before_at int, before_id int, count int) -> many series_line
-- Those something was done to last, first.
@series_line where (s.changed_at, s.id) < (:before_at, :before_id) order by s.changed_at desc, s.id desc limit :count;

-- query series_of_member(owner_id int, count int) -> many series_line
-- A member's own, those something was done to last first.
@series_line where s.owner_id = :owner_id order by s.changed_at desc, s.id desc limit :count;

-- query series_count_of_member(owner_id int) -> one(count int)
-- How many a member owns.
select count(id) as count from series where owner_id = :owner_id;

-- query series_change(id int, name text, kind int, description text, at int) -> none
-- Other words. The address stays.
update series set name = :name, kind = :kind, description = :description, changed_at = :at where id = :id;

-- query series_touch(id int, at int) -> none
-- Its editions are others now.
update series set changed_at = :at where id = :id;

-- query series_remove(id int) -> none
-- Its works stay, as works of their own.
delete from series where id = :id;
