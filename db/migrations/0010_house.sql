-- The plant stands by itself: nightly backups, how long what is kept, and how long the disk lasts. Tier: core, edge.

-- One attempt at a backup: asked for by the schedule or a person, made by the launcher, which alone is the owner.
create table backup_run (
  id uuid primary key,
  cause text not null check (cause in ('schedule', 'person')),
  asked_at timestamptz not null,
  state text not null default 'asked' check (state in ('asked', 'running', 'good', 'failed')),
  started_at timestamptz,
  ended_at timestamptz,
  folder text,
  bytes bigint,
  rows bigint,
  problem text,
  detail text,
  -- since when its folder is no longer where it was made
  gone_at timestamptz,
  check ((state in ('good', 'failed')) = (ended_at is not null)),
  check (state <> 'good' or (folder is not null and bytes is not null)),
  check (state <> 'failed' or problem is not null)
);
create unique index backup_run_one on backup_run ((true)) where state in ('asked', 'running');
create index backup_run_asked on backup_run (asked_at desc);

-- How full the data's disk was, once a day (UTC): the newest sample of that day.
create table disk_sample (
  day date primary key,
  at timestamptz not null,
  free_bytes bigint not null,
  total_bytes bigint not null,
  database_bytes bigint not null
);

-- Which partitions have been rid of a class whose time was over, so that they are not searched again.
create table retention_trim (
  partition text not null,
  class text not null,
  primary key (partition, class)
);

-- Before which UTC day raw readings of a class have been deleted: nothing is recomputed from what is no longer whole.
create table retention_gone (
  class text primary key,
  before date not null
);

-- How long a raw reading is kept depends on what its tag means.
create function tag_class(p_meaning text) returns text language sql immutable as $$
  select case
    when p_meaning in ('state', 'fault', 'good', 'scrap', 'cycles', 'cycle_time', 'guard', 'remote') then 'state'
    when p_meaning = 'energy' then 'energy'
    else 'process' end
$$;
alter table tag add column retention_class text not null generated always as (tag_class(meaning)) stored;

-- The setting knew one length for all readings; now it knows one a class.
update setting
set value = (value - 'readingDays') || jsonb_build_object('processDays', value -> 'readingDays',
  'stateDays', value -> 'readingDays', 'energyDays', value -> 'readingDays')
where key = 'retention' and value ? 'readingDays';

-- From when on raw readings of a class are kept.
create function readings_kept_from(p_class text, p_now timestamptz) returns timestamptz language sql stable as $$
  select p_now - make_interval(days => retention_days(p_class || 'Days', 90))
$$;

-- What still needs readings that are old, and since when: a consumer that has not read them, a shift that is not
-- closed or waits to be computed again. Nothing from `since` on is deleted.
create function retention_held(p_now timestamptz, p_readers text[])
returns table (what text, since timestamptz) language sql stable as $$
  select r.name, min(l.min_ts)
  from unnest(p_readers) r(name)
  cross join ingest_cursor c
  left join consumer_cursor k on k.consumer = r.name and k.stream_id = c.stream_id and k.epoch = c.epoch
  join ingest_log l on l.stream_id = c.stream_id and l.epoch = c.epoch and l.last > coalesce(k.seq, 0)
  where c.kind = 'readings' and c.acked_seq > coalesce(k.seq, 0) and l.min_ts is not null
  group by r.name
  union all
  select 'shift', min(lower(s.during)) from shift_instance s
  where upper(s.during) <= p_now and (
    exists (select from oee_shift o where o.shift_id = s.id and o.superseded_at is null and not o.closed)
    or exists (select from oee_dirty d where d.shift_id = s.id))
  having count(*) > 0
$$;

-- The UTC day before which nothing of a class is kept: its setting, or what is still needed (`p_held`) if that is older.
create function retention_day(p_class text, p_now timestamptz, p_held timestamptz) returns date language sql stable as $$
  select (least(readings_kept_from(p_class, p_now), p_held) at time zone 'UTC')::date
$$;

create function note_gone(p_class text, p_before date) returns void language sql as $$
  insert into retention_gone as g (class, before) values (p_class, p_before)
  on conflict (class) do update set before = greatest(g.before, excluded.before)
$$;

-- Drops the partitions that no class keeps any longer, or that are empty since a shorter class was deleted from them.
-- `p_readers`: the consumers that live now. @returns the partitions that were dropped
drop function apply_retention(timestamptz);
create function apply_retention(p_now timestamptz, p_readers text[] default '{}') returns text[]
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  v_held timestamptz := (select min(since) from retention_held(p_now, p_readers));
  v_oldest date;
  v_dropped text[] := '{}';
  v_name text;
  v_day date;
  v_used boolean;
begin
  -- A clock far in the future must not wipe the plant's memory.
  if p_now > clock_timestamp() + interval '1 day' then
    return v_dropped;
  end if;
  select min(retention_day(c, p_now, v_held)) into v_oldest from unnest(array['process', 'state', 'energy']) c;
  for v_name, v_day in
    select c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'reading'::regclass and c.relname ~ '^reading_\d{8}$' order by 1
  loop
    if v_day >= v_oldest then
      continue when not exists (select from retention_trim r where r.partition = v_name);
      execute format('select exists (select from %I)', v_name) into v_used;
      continue when v_used;
      -- The parent first, as every writer does: nobody is between the second look and the drop.
      lock table only reading in access exclusive mode;
      execute format('lock table %I in access exclusive mode', v_name);
      execute format('select exists (select from %I)', v_name) into v_used;
      continue when v_used;
    end if;
    execute format('drop table %I', v_name);
    delete from retention_trim where partition = v_name;
    if v_day < v_oldest then
      perform note_gone(c, v_day + 1) from unnest(array['process', 'state', 'energy']) c;
    end if;
    v_dropped := v_dropped || v_name;
  end loop;
  delete from ingest_log l where l.received_at < p_now - make_interval(days => retention_days('logDays', 14))
    and not exists (
      select from unnest(p_readers) r(name)
      left join consumer_cursor k on k.consumer = r.name and k.stream_id = l.stream_id and k.epoch = l.epoch
      where coalesce(k.seq, 0) < l.last);
  return v_dropped;
end $$;

-- Deletes a bounded number of rows whose time is over where no partition can be dropped: readings of a class that is
-- kept shorter than another, rollups, dead letters, events of edges. @returns how many rows went, per kind
create function trim_old(p_now timestamptz, p_readers text[] default '{}', p_limit int default 20000)
returns table (kind text, deleted int)
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  v_left int := greatest(1, least(p_limit, 100000));
  v_held timestamptz := (select min(since) from retention_held(p_now, p_readers));
  v_oldest date;
  v_class text;
  v_day date;
  v_name text;
  v_count int;
begin
  if p_now > clock_timestamp() + interval '1 day' then
    return;
  end if;
  -- Partitions before this day are dropped whole.
  select min(retention_day(c, p_now, v_held)) into v_oldest from unnest(array['process', 'state', 'energy']) c;
  kind := 'readings';
  deleted := 0;
  for v_class in select c from unnest(array['process', 'state', 'energy']) c loop
    v_day := retention_day(v_class, p_now, v_held);
    for v_name in
      select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'reading'::regclass and c.relname ~ '^reading_\d{8}$'
        and to_date(right(c.relname, 8), 'YYYYMMDD') between v_oldest and v_day - 1
        and not exists (select from retention_trim r where r.partition = c.relname and r.class = v_class)
      order by 1
    loop
      execute format('delete from %1$I where ctid = any (array(select r.ctid from tag t join %1$I r on r.tag_id = t.id
        where t.retention_class = %2$L limit %3$s))', v_name, v_class, v_left);
      get diagnostics v_count = row_count;
      if v_count > 0 then
        perform note_gone(v_class, to_date(right(v_name, 8), 'YYYYMMDD') + 1);
      end if;
      deleted := deleted + v_count;
      v_left := v_left - v_count;
      exit when v_left <= 0;
      insert into retention_trim (partition, class) values (v_name, v_class);
    end loop;
    exit when v_left <= 0;
    delete from reading_default where ctid = any (array(select r.ctid from reading_default r join tag t on t.id = r.tag_id
      where t.retention_class = v_class and r.source_ts < v_day::timestamp at time zone 'UTC' limit v_left));
    get diagnostics v_count = row_count;
    deleted := deleted + v_count;
    v_left := v_left - v_count;
    exit when v_left <= 0;
  end loop;
  return next;

  v_left := greatest(1, least(p_limit, 100000));
  kind := 'rollups';
  deleted := 0;
  for v_count, v_day in
    select l.level, (p_now at time zone 'UTC')::date - l.days
    from (values (10, retention_days('rollup10sDays', 30)), (60, retention_days('rollup1mDays', 400))) l(level, days)
  loop
    -- By tag, which the key begins with: a tag without old buckets costs one look.
    delete from rollup r using (
      select x.tag_id, x.bucket from tag t cross join lateral (
        select o.tag_id, o.bucket from rollup o where o.level = v_count and o.tag_id = t.id
          and o.bucket < v_day::timestamp at time zone 'UTC' order by o.bucket limit 5000) x
      limit v_left) old
    where r.level = v_count and r.tag_id = old.tag_id and r.bucket = old.bucket;
    get diagnostics v_count = row_count;
    deleted := deleted + v_count;
    v_left := greatest(1, v_left - v_count);
  end loop;
  return next;

  kind := 'dead_letters';
  delete from dead_letter where id in (
    select o.id from (select d.id, d.last_seen from dead_letter d order by d.id limit p_limit) o
    where o.last_seen < p_now - make_interval(days => retention_days('deadLetterDays', 180)));
  get diagnostics deleted = row_count;
  return next;

  kind := 'edge_events';
  delete from edge_event where id in (
    select o.id from (select e.id, e.received_at from edge_event e order by e.id limit p_limit) o
    where o.received_at < p_now - make_interval(days => retention_days('edgeEventDays', 400)));
  get diagnostics deleted = row_count;
  return next;
end $$;

-- As before, but what is too old depends on the class of the reading's tag.
-- Takes one batch of a stream: readings first…last, in arrays as long as that. Exactly once, whatever is repeated:
--   acked  = everything up to seq is stored, as readings or as dead letters (also when it was before this call)
--   expect = readings from seq on are missing in between; nothing was stored
-- It never raises because of what the readings say. A dead reading holds its place with tag 0 and stands in p_dead
-- as {seq, reason, raw}. Times are ms since epoch. Numbers are NaN where there is none.
create or replace function ingest_batch(
  p_stream int, p_epoch bigint, p_first bigint, p_last bigint,
  p_tag_ids int[], p_source_ts double precision[], p_edge_ts double precision[], p_num double precision[],
  p_txt text[], p_quality smallint[], p_dead jsonb, p_historical boolean,
  p_now timestamptz default clock_timestamp(),
  out status text, out seq bigint, out stored int, out dead int
) language plpgsql as $$
declare
  v_edge int;
  v_acked bigint;
  v_next bigint;
  v_further bigint;
  v_skip int;
  v_from double precision;
  v_process double precision;
  v_state double precision;
  v_energy double precision;
  v_to double precision;
  v_min double precision;
  v_max double precision;
  v_day date;
begin
  stored := 0;
  dead := 0;
  select s.edge_id into v_edge from stream s where s.id = p_stream;
  select c.acked_seq into v_acked from ingest_cursor c
    where c.stream_id = p_stream and c.epoch = p_epoch and c.kind = 'readings' for update;
  if not found then
    insert into ingest_cursor (stream_id, epoch, kind, historical, created_at, updated_at)
      values (p_stream, p_epoch, 'readings', p_historical, p_now, p_now) on conflict do nothing;
    select c.acked_seq into v_acked from ingest_cursor c
      where c.stream_id = p_stream and c.epoch = p_epoch and c.kind = 'readings' for update;
  end if;

  if p_last <= v_acked then
    status := 'acked';
    seq := v_acked;
    return;
  end if;
  v_next := v_acked + 1;
  while v_next < p_first loop
    select max(g.last) + 1 into v_further from gap g
      where g.stream_id = p_stream and g.epoch = p_epoch and g.kind = 'readings'
        and g.last >= v_next and g.first <= v_next;
    if v_further is null then
      status := 'expect';
      seq := v_next;
      return;
    end if;
    v_next := v_further;
  end loop;
  v_skip := greatest(v_acked + 1 - p_first, 0);

  v_process := extract(epoch from readings_kept_from('process', p_now))::double precision * 1000;
  v_state := extract(epoch from readings_kept_from('state', p_now))::double precision * 1000;
  v_energy := extract(epoch from readings_kept_from('energy', p_now))::double precision * 1000;
  v_from := least(v_process, v_state, v_energy);
  v_to := extract(epoch from p_now)::double precision * 1000 + 300000;
  -- Set-returning functions in the select list run side by side without a buffer, which FROM would make of them.
  select min(u.s), max(u.s) into v_min, v_max
  from (select unnest(p_tag_ids) as t, unnest(p_source_ts) as s) u
  where u.t <> 0 and u.s >= v_from and u.s <= v_to;
  if v_min is not null then
    for v_day in
      select generate_series(
        (to_timestamp(v_min / 1000) at time zone 'UTC')::date, (to_timestamp(v_max / 1000) at time zone 'UTC')::date,
        interval '1 day')::date
    loop
      if to_regclass('reading_' || to_char(v_day, 'YYYYMMDD')) is null then
        begin
          perform ensure_reading_partition(v_day);
        exception when others then
          null; -- the default partition takes them; the next call of ensure_reading_partition moves them
        end;
      end if;
    end loop;
  end if;

  insert into reading (source_ts, edge_ts, epoch, seq, num, stream_id, tag_id, quality, txt)
  select to_timestamp(u.s / 1000), to_timestamp(u.e / 1000), p_epoch, u.seq, nullif(u.n, 'NaN'), p_stream, u.t, u.q, u.x
  from (
    select generate_series(p_first, p_last) as seq, unnest(p_tag_ids) as t, unnest(p_source_ts) as s,
      unnest(p_edge_ts) as e, unnest(p_num) as n, unnest(p_quality) as q, unnest(p_txt) as x
  ) u
  -- As part of the join and not as a filter: the planner would guess two rows and look each tag up by itself.
  join tag on tag.id = case when u.seq >= p_first + v_skip and u.s >= v_from and u.s <= v_to then u.t end
    and u.s >= case tag.retention_class when 'process' then v_process when 'state' then v_state else v_energy end
  join source on source.id = tag.source_id and source.edge_id = v_edge;
  get diagnostics stored = row_count;

  if p_dead is not null then
    insert into dead_letter (edge_id, stream_id, epoch, seq, reason, raw, sha256, first_seen, last_seen)
    select v_edge, p_stream, p_epoch, d.seq, d.reason, d.raw, sha256(convert_to(d.raw, 'UTF8')), p_now, p_now
    from jsonb_to_recordset(p_dead) d(seq bigint, reason text, raw text) where d.seq >= p_first + v_skip;
    get diagnostics dead = row_count;
  end if;

  if stored + dead < p_last - p_first + 1 - v_skip then
    insert into dead_letter (edge_id, stream_id, epoch, seq, tag_id, reason, raw, sha256, first_seen, last_seen)
    select v_edge, p_stream, p_epoch, b.seq, b.t, b.reason, b.raw, sha256(convert_to(b.raw, 'UTF8')), p_now, p_now
    from (
      select p_first + u.i - 1 as seq, u.t,
        case when source.id is null then 'unknown_tag'
          when u.s > v_to then 'time_in_future'
          when u.s between 946684800 and 4102444800 then 'time_in_seconds'
          else 'time_too_old' end as reason,
        json_build_object('tagId', u.t, 'sourceTime', u.s, 'edgeTime', u.e,
          'value', coalesce(u.x, u.n::text), 'quality', u.q)::text as raw
      from unnest(p_tag_ids, p_source_ts, p_edge_ts, p_num, p_quality, p_txt) with ordinality u(t, s, e, n, q, x, i)
      left join tag on tag.id = u.t
      left join source on source.id = tag.source_id and source.edge_id = v_edge
      where u.i > v_skip and u.t <> 0 and (source.id is null or u.s > v_to
        or u.s < case tag.retention_class when 'process' then v_process when 'state' then v_state else v_energy end)
    ) b;
    dead := p_last - p_first + 1 - v_skip - stored;
  end if;

  insert into ingest_log (stream_id, epoch, first, last, stored, min_ts, max_ts, received_at, historical)
  values (p_stream, p_epoch, p_first + v_skip, p_last, stored,
    case when stored > 0 then to_timestamp(v_min / 1000) end, case when stored > 0 then to_timestamp(v_max / 1000) end,
    p_now, p_historical);
  update ingest_cursor c set acked_seq = p_last, historical = p_historical, updated_at = p_now
    where c.stream_id = p_stream and c.epoch = p_epoch and c.kind = 'readings';
  status := 'acked';
  seq := p_last;
end $$;
