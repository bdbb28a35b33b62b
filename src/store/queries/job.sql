-- Work for later: expiry, tallies, upkeep, mail. One row each; a row that is due is run and removed or put off.

-- query job_put(kind text, subject text, due_at int, every_s int) -> none
-- A job of that kind and subject that waits already is moved to the new time.
insert into job (kind, subject, due_at, every_s) values (:kind, :subject, :due_at, :every_s)
    on conflict (kind, subject) do update set due_at = excluded.due_at, every_s = excluded.every_s;

-- query job_list_due(now int, count int) -> many(id int, kind text, subject text, due_at int, every_s int, tries int)
-- The longest overdue first.
select id, kind, subject, due_at, every_s, tries from job where due_at <= :now order by due_at, id limit :count;

-- query job_put_off(id int, due_at int, tries int, fault text) -> none
-- After a failure, or to the next turn of a repeated one (tries 0, no fault).
update job set due_at = :due_at, tries = :tries, fault = :fault where id = :id;

-- query job_remove(id int) -> none
-- Done.
delete from job where id = :id;

-- query job_find(kind text, subject text) -> maybe(id int, due_at int, every_s int, tries int, fault text)
-- When it is due next, and how it went.
select id, due_at, every_s, tries, fault from job where kind = :kind and subject = :subject;
