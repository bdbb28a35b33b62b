-- The whole site by the hour and by the day.

-- row statistic_line(at int, works int, members int, swarms int, seeders int, leechers int, works_new int, works_alive int,
--     works_at_risk int, works_dead int, uploads int, completed int, announces_udp int, announces_http int,
--     announces_web int, scrapes int)
select at, works, members, swarms, seeders, leechers, works_new, works_alive, works_at_risk, works_dead, uploads, completed,
       announces_udp, announces_http, announces_web, scrapes from statistic

-- query statistic_add(span_s int, at int, works int, members int, swarms int, seeders int, leechers int, works_new int,
--     works_alive int, works_at_risk int, works_dead int, uploads int, completed int, announces_udp int,
--     announces_http int, announces_web int, scrapes int) -> none
-- What is so now takes the place of what was so before in this span; what happened is added.
insert into statistic (span_s, at, works, members, swarms, seeders, leechers, works_new, works_alive, works_at_risk,
                       works_dead, uploads, completed, announces_udp, announces_http, announces_web, scrapes)
values (:span_s, :at, :works, :members, :swarms, :seeders, :leechers, :works_new, :works_alive, :works_at_risk,
        :works_dead, :uploads, :completed, :announces_udp, :announces_http, :announces_web, :scrapes)
    on conflict (span_s, at) do update
   set works = excluded.works, members = excluded.members, swarms = excluded.swarms, seeders = excluded.seeders,
       leechers = excluded.leechers, works_new = excluded.works_new, works_alive = excluded.works_alive,
       works_at_risk = excluded.works_at_risk, works_dead = excluded.works_dead,
       uploads = statistic.uploads + excluded.uploads, completed = statistic.completed + excluded.completed,
       announces_udp = statistic.announces_udp + excluded.announces_udp,
       announces_http = statistic.announces_http + excluded.announces_http,
       announces_web = statistic.announces_web + excluded.announces_web,
       scrapes = statistic.scrapes + excluded.scrapes;

-- query statistic_list(span_s int, from_at int) -> many statistic_line
-- Spans of one length from a moment on, oldest first.
@statistic_line where span_s = :span_s and at >= :from_at order by at;

-- query statistic_last(span_s int) -> maybe statistic_line
-- The latest span of a length.
@statistic_line where span_s = :span_s order by at desc limit 1;

-- query statistic_forget(span_s int, before int) -> none
-- Spans that have become parts of longer ones, or are too old to be shown.
delete from statistic where span_s = :span_s and at < :before;
