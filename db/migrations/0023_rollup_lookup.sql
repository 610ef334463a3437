-- The same figures as before, found by the same way through the index however much is stored: joined freely, the planner
-- went over all buckets of a tag for each one it computed as soon as its statistics were a day behind, so that rollups
-- grew slower with every stored day.

-- Readings changed between p_from and p_to of these tags (both inclusive): recomputes the buckets that these
-- changes touch, on every level. @returns how many 10 s buckets were written
create or replace function rollup_recompute(p_tags int[], p_from timestamptz[], p_to timestamptz[], p_now timestamptz)
returns int language plpgsql as $$
declare
  v_origin constant timestamptz := '2000-01-01 00:00+00';
  v_level int;
  v_child int;
  v_width interval;
  v_written int;
  v_tags int[];
  v_starts timestamptz[];
  v_ends timestamptz[];
begin
  -- From the bucket of the reading before the change (its hold is cut) to where the hold of the last one ends.
  select array_agg(x.tag_id), array_agg(x.start), array_agg(x.stop) into v_tags, v_starts, v_ends
  from (
    select i.tag_id, date_bin('10 s', coalesce(prev.source_ts, i.from_ts), v_origin) as start,
      date_bin('10 s', least(next.source_ts, i.to_ts + h.hold, greatest(p_now, i.to_ts)), v_origin)
        + interval '10 s' as stop
    from unnest(p_tags, p_from, p_to) i(tag_id, from_ts, to_ts)
    join tag t on t.id = i.tag_id and t.datatype <> 'text'
    join work_unit m on m.id = t.machine_id
    cross join lateral (select make_interval(secs => (t.max_silence_ms + m.stale_ms) / 1000.0) as hold) h
    left join lateral (select r.source_ts from reading r where r.tag_id = i.tag_id and r.source_ts < i.from_ts
      and r.source_ts >= i.from_ts - h.hold order by r.source_ts desc limit 1) prev on true
    left join lateral (select r.source_ts from reading r where r.tag_id = i.tag_id and r.source_ts > i.to_ts
      and r.source_ts <= i.to_ts + h.hold order by r.source_ts limit 1) next on true
  ) x;
  if v_tags is null then
    return 0;
  end if;
  -- Stretches of one tag that touch or overlap become one, so that no bucket is computed twice in a statement.
  select array_agg(x.tag_id), array_agg(lower(x.r)), array_agg(upper(x.r)) into v_tags, v_starts, v_ends
  from (
    select i.tag_id, unnest(range_agg(tstzrange(i.start, i.stop))) as r
    from unnest(v_tags, v_starts, v_ends) i(tag_id, start, stop) group by i.tag_id
  ) x;

  with stretch as (
    select i.tag_id, i.start, i.stop, make_interval(secs => (t.max_silence_ms + m.stale_ms) / 1000.0) as hold
    from unnest(v_tags, v_starts, v_ends) i(tag_id, start, stop)
    join tag t on t.id = i.tag_id join work_unit m on m.id = t.machine_id
  ), fresh as (
    -- Stretch by stretch: what is sorted then is small and nearly in order, as the index gives it.
    select s.tag_id, b.* from stretch s cross join lateral (
      with raw as (
        select r.source_ts, r.epoch, r.seq, r.num, r.quality
        from reading r where r.tag_id = s.tag_id and r.source_ts >= s.start and r.source_ts < s.stop
        union all
        (select r.source_ts, r.epoch, r.seq, r.num, r.quality from reading r
          where r.tag_id = s.tag_id and r.source_ts < s.start and r.source_ts >= s.start - s.hold
          order by r.source_ts desc, r.epoch desc, r.seq desc limit 1)
      ), held as (
        select source_ts, row_number() over w as k, quality, case when quality < 2 then num end as v,
          date_bin('10 s', source_ts, v_origin) as bucket,
          least(lead(source_ts) over w, source_ts + s.hold, s.stop, greatest(p_now, source_ts)) as held_to
        from raw window w as (order by source_ts, epoch, seq)
      ), piece as (
        -- what a reading gives to its own bucket
        select bucket, k, v, quality, true as own,
          date_part('epoch', least(held_to, bucket + interval '10 s') - source_ts) as secs
        from held where source_ts >= s.start
        union all
        -- and to the buckets after it through which it holds; one before the stretch gives nothing but its hold
        select g.bucket, h.k, h.v, h.quality, false,
          date_part('epoch', least(h.held_to, g.bucket + interval '10 s') - g.bucket)
        from held h
        cross join lateral generate_series(greatest(h.bucket + interval '10 s', s.start),
          h.held_to - interval '1 microsecond', interval '10 s') g(bucket)
        where h.v is not null and h.held_to > greatest(h.bucket + interval '10 s', s.start)
      )
      select bucket, (count(v) filter (where own))::int as count, sum(v) filter (where own) as sum,
        min(v) filter (where own) as min, max(v) filter (where own) as max,
        (array_agg(v order by k) filter (where own and v is not null))[1] as first,
        (array_agg(v order by k) filter (where own and v is not null))[count(v) filter (where own)] as last,
        coalesce(sum(v * secs), 0) as integral,
        coalesce(sum(secs) filter (where v is not null), 0) as known_s,
        coalesce(sum(secs) filter (where v is not null and quality = 0), 0) as good_s
      from piece group by bucket
    ) b
  ), gone as (
    delete from rollup r using (
      select s.tag_id, o.bucket from stretch s cross join lateral (
        select r.bucket from rollup r
        where r.level = 10 and r.tag_id = s.tag_id and r.bucket >= s.start and r.bucket < s.stop offset 0) o
      except select tag_id, bucket from fresh
    ) g
    where r.level = 10 and r.tag_id = g.tag_id and r.bucket = g.bucket
  )
  insert into rollup (level, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s)
  select 10, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s from fresh
  on conflict (level, tag_id, bucket) do update set count = excluded.count, sum = excluded.sum, min = excluded.min,
    max = excluded.max, first = excluded.first, last = excluded.last, integral = excluded.integral,
    known_s = excluded.known_s, good_s = excluded.good_s;
  get diagnostics v_written = row_count;

  foreach v_level in array array[60, 900, 86400] loop
    v_child := case v_level when 60 then 10 when 900 then 60 else 900 end;
    v_width := make_interval(secs => v_level);
    with parent as (
      -- Stretches in buckets of this level; those that share one have become one.
      select x.tag_id, lower(x.r) as start, upper(x.r) as stop
      from (
        select i.tag_id, unnest(range_agg(tstzrange(date_bin(v_width, i.start, v_origin),
          date_bin(v_width, i.stop - interval '1 microsecond', v_origin) + v_width))) as r
        from unnest(v_tags, v_starts, v_ends) i(tag_id, start, stop) group by i.tag_id
      ) x
    ), fresh as (
      select p.tag_id, b.* from parent p cross join lateral (
        select date_bin(v_width, c.bucket, v_origin) as bucket, sum(c.count)::int as count, sum(c.sum) as sum,
          min(c.min) as min, max(c.max) as max,
          (array_agg(c.first order by c.bucket) filter (where c.first is not null))[1] as first,
          (array_agg(c.last order by c.bucket desc) filter (where c.last is not null))[1] as last,
          sum(c.integral) as integral, sum(c.known_s) as known_s, sum(c.good_s) as good_s
        from rollup c
        where c.level = v_child and c.tag_id = p.tag_id and c.bucket >= p.start and c.bucket < p.stop
        group by 1
      ) b
    ), gone as (
      delete from rollup r using (
        select p.tag_id, o.bucket from parent p cross join lateral (
          select r.bucket from rollup r
          where r.level = v_level and r.tag_id = p.tag_id and r.bucket >= p.start and r.bucket < p.stop offset 0) o
        except select tag_id, bucket from fresh
      ) g
      where r.level = v_level and r.tag_id = g.tag_id and r.bucket = g.bucket
    )
    insert into rollup (level, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s)
    select v_level, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s from fresh
    on conflict (level, tag_id, bucket) do update set count = excluded.count, sum = excluded.sum, min = excluded.min,
      max = excluded.max, first = excluded.first, last = excluded.last, integral = excluded.integral,
      known_s = excluded.known_s, good_s = excluded.good_s;
  end loop;
  return v_written;
end $$;