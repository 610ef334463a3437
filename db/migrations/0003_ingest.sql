-- Readings on their way in: streams, cursors, log, readings, dead letters, gaps, events; the edge's document.
-- Tier: edge. How a reading becomes exactly one row stands in ingest_batch below.

-- (edge, lane): the order of readings is kept within one stream.
create table stream (
  id int generated always as identity primary key,
  edge_id int not null references edge,
  lane smallint not null check (lane between 0 and 63),
  unique (edge_id, lane)
);

-- How far each queue of an edge has been taken. A row is locked while its stream is written.
create table ingest_cursor (
  stream_id int not null references stream,
  epoch bigint not null,
  kind text not null check (kind in ('readings', 'events')),
  acked_seq bigint not null default 0,
  historical boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (stream_id, epoch, kind)
);

-- One row per call of ingest_batch: what consumers replay from, and which times late data fell into.
create table ingest_log (
  stream_id int not null,
  epoch bigint not null,
  first bigint not null,
  last bigint not null,
  stored int not null,
  -- null when nothing of the batch could be stored
  min_ts timestamptz,
  max_ts timestamptz,
  received_at timestamptz not null,
  historical boolean not null,
  primary key (stream_id, epoch, last)
);
create index ingest_log_received on ingest_log using brin (received_at);

-- No foreign keys and no unique index: identity is kept by the cursor, and a partition is dropped in one go.
-- The columns stand in the order that wastes no bytes on alignment.
create table reading (
  source_ts timestamptz not null,
  edge_ts timestamptz not null,
  epoch bigint not null,
  seq bigint not null,
  num double precision,
  stream_id int not null,
  tag_id int not null,
  quality smallint not null,
  txt text
) partition by range (source_ts);
create index reading_tag_time on reading (tag_id, source_ts);
create index reading_seq on reading using brin (seq) with (pages_per_range = 32);
-- The last resort when the partition of a day could not be made.
create table reading_default partition of reading default;

-- What could not be stored as a reading, with its reason. A frame nobody could decode has no stream.
create table dead_letter (
  id bigint generated always as identity primary key,
  edge_id int not null,
  stream_id int,
  epoch bigint,
  seq bigint,
  tag_id int,
  reason text not null,
  -- JSON text of a reading, base64 of a frame; at most 64 KiB of it
  raw text not null,
  sha256 bytea not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  times int not null default 1,
  state text not null default 'open' check (state in ('open', 'discarded')),
  note text
);
create index dead_letter_open on dead_letter (state, id desc);
-- A frame that is sent again and again is one letter.
create unique index dead_letter_frame on dead_letter (edge_id, sha256) where stream_id is null;

-- Readings (or events) that will never come, and why. With a stream: a hole of its queue that ingest may step over.
create table gap (
  id bigint generated always as identity primary key,
  edge_id int not null,
  stream_id int,
  kind text check (kind in ('readings', 'events')),
  epoch bigint,
  first bigint,
  last bigint,
  source_id int,
  machine_id int,
  from_ts timestamptz,
  to_ts timestamptz,
  reason text not null,
  recorded_at timestamptz not null,
  check ((stream_id is null) = (first is null) and (first is null) = (last is null))
);
create index gap_stream on gap (stream_id, epoch, kind, last) where stream_id is not null;

create table edge_event (
  id bigint generated always as identity primary key,
  edge_id int not null,
  stream_id int not null,
  epoch bigint not null,
  seq bigint not null,
  kind text not null,
  at timestamptz not null,
  source_id int,
  machine_id int,
  data jsonb not null,
  historical boolean not null,
  received_at timestamptz not null,
  unique (stream_id, epoch, seq)
);
create index edge_event_kind on edge_event (kind, at);

-- A metric that no tag names, as an edge reported it. Visible; never mapped by itself.
create table discovered_metric (
  id int generated always as identity primary key,
  source_id int not null references source,
  metric text not null,
  datatype text not null check (datatype in ('number', 'text', 'boolean')),
  unit text,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  state text not null default 'new' check (state in ('new', 'mapped', 'ignored')),
  unique (source_id, metric)
);

-- What an edge does by itself. A stop needs a named risk assessment.
create table reflex (
  id uuid primary key default gen_random_uuid(),
  version int not null default 1,
  machine_id int not null references work_unit,
  tag_id int not null references tag,
  condition jsonb not null,
  action text not null default 'report' check (action in ('report', 'block_remote', 'request_stop')),
  stop jsonb,
  risk_assessment text,
  enabled boolean not null default true,
  check (action <> 'request_stop' or (stop is not null and risk_assessment is not null))
);

-- The signed document of each edge as it was last made; its version rises only with its content.
create table edge_document (
  edge_id int primary key references edge,
  version bigint not null,
  content_hash bytea not null,
  body text not null,
  signature text not null,
  issued_at timestamptz not null
);

-- How far each consumer has come, and what it remembers. The fence keeps an owner that lost its lane from writing.
create table consumer_cursor (
  consumer text not null,
  stream_id int not null,
  epoch bigint not null,
  seq bigint not null,
  fence bigint not null,
  primary key (consumer, stream_id, epoch)
);
create table consumer_state (
  consumer text not null,
  key text not null,
  state jsonb not null,
  primary key (consumer, key)
);
-- A reading that a consumer could not process, however often it was tried.
create table parked_reading (
  id bigint generated always as identity primary key,
  consumer text not null,
  stream_id int not null,
  epoch bigint not null,
  seq bigint not null,
  tag_id int not null,
  error text not null,
  at timestamptz not null
);

-- Retention in days, changed by a setting `retention` {"readingDays": …, "logDays": …, "rollup10sDays": …}.
create function retention_days(p_what text, p_default int) returns int language sql stable as $$
  select coalesce((select nullif(value ->> p_what, '')::int from setting where key = 'retention'), p_default)
$$;

-- Makes the partition of one UTC day. By ATTACH, which lets writers of other days go on.
-- SECURITY DEFINER: the application has no DDL. @returns whether it was made now
create function ensure_reading_partition(p_day date) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '1s' as $$
declare
  v_name text := 'reading_' || to_char(p_day, 'YYYYMMDD');
  v_from timestamptz := p_day::timestamp at time zone 'UTC';
  v_to timestamptz := (p_day + 1)::timestamp at time zone 'UTC';
begin
  if p_day not between date '2000-01-01' and date '2099-12-31' then
    return false;
  end if;
  if to_regclass(v_name) is not null then
    return false;
  end if;
  perform pg_advisory_xact_lock(7320);
  if to_regclass(v_name) is not null then
    return false;
  end if;
  execute format('create table %I (like reading including defaults)', v_name);
  execute format(
    'with moved as (delete from reading_default where source_ts >= %L and source_ts < %L returning *)
     insert into %I select * from moved', v_from, v_to, v_name);
  execute format('alter table reading attach partition %I for values from (%L) to (%L)', v_name, v_from, v_to);
  return true;
end $$;

-- Makes the partitions of the next days, so that no batch has to. @returns how many were made
create function ensure_readings_ahead(p_now timestamptz, p_days int default 7) returns int
language plpgsql as $$
declare
  v_made int := 0;
  v_today date := (p_now at time zone 'UTC')::date;
begin
  for i in -1 .. least(p_days, 60) loop
    if ensure_reading_partition(v_today + i) then
      v_made := v_made + 1;
    end if;
  end loop;
  return v_made;
end $$;

-- Drops what is older than its retention. @returns the partitions that were dropped
create function apply_retention(p_now timestamptz) returns text[]
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  v_oldest date := ((p_now at time zone 'UTC')::date) - retention_days('readingDays', 90);
  v_dropped text[] := '{}';
  v_name text;
begin
  -- A clock far in the future must not wipe the plant's memory.
  if p_now > clock_timestamp() + interval '1 day' then
    return v_dropped;
  end if;
  for v_name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'reading'::regclass and c.relname ~ '^reading_\d{8}$'
      and to_date(right(c.relname, 8), 'YYYYMMDD') < v_oldest
  loop
    execute format('drop table %I', v_name);
    v_dropped := v_dropped || v_name;
  end loop;
  delete from reading_default where source_ts < v_oldest::timestamp at time zone 'UTC';
  delete from ingest_log where received_at < p_now - make_interval(days => retention_days('logDays', 14));
  delete from rollup where level = 10 and bucket < p_now - make_interval(days => retention_days('rollup10sDays', 30));
  delete from rollup where level = 60 and bucket < p_now - make_interval(days => retention_days('rollup1mDays', 400));
  return v_dropped;
end $$;

-- Takes one batch of a stream: readings first…last, in arrays as long as that. Exactly once, whatever is repeated:
--   acked  = everything up to seq is stored, as readings or as dead letters (also when it was before this call)
--   expect = readings from seq on are missing in between; nothing was stored
-- It never raises because of what the readings say. A dead reading holds its place with tag 0 and stands in p_dead
-- as {seq, reason, raw}. Times are ms since epoch. Numbers are NaN where there is none.
create function ingest_batch(
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

  v_from := extract(epoch from p_now - make_interval(days => retention_days('readingDays', 90)))::double precision * 1000;
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
      where u.i > v_skip and u.t <> 0 and (source.id is null or u.s < v_from or u.s > v_to)
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

-- The same for events: [{kind, at, sourceId, machineId, data, gap?, reason?, from?, to?}], times in ms. `gap` says
-- which stretch of which lane will never come: {lane, kind, epoch, first, last}. Each event is also a fact.
create function ingest_events(
  p_stream int, p_epoch bigint, p_first bigint, p_last bigint, p_events jsonb, p_historical boolean,
  p_now timestamptz default clock_timestamp(),
  out status text, out seq bigint
) language plpgsql as $$
declare
  v_edge int;
  v_acked bigint;
  v_next bigint;
  v_further bigint;
begin
  select s.edge_id into v_edge from stream s where s.id = p_stream;
  insert into ingest_cursor (stream_id, epoch, kind, historical, created_at, updated_at)
    values (p_stream, p_epoch, 'events', p_historical, p_now, p_now) on conflict do nothing;
  select c.acked_seq into v_acked from ingest_cursor c
    where c.stream_id = p_stream and c.epoch = p_epoch and c.kind = 'events' for update;
  if p_last <= v_acked then
    status := 'acked';
    seq := v_acked;
    return;
  end if;

  -- Gaps of queues first, also when this batch cannot be taken yet: one of them may explain its hole. Once each.
  insert into stream (edge_id, lane)
    select distinct v_edge, (e.gap ->> 'lane')::smallint
    from jsonb_to_recordset(p_events) e(gap jsonb) where e.gap is not null
    on conflict do nothing;
  insert into gap (edge_id, stream_id, kind, epoch, first, last, from_ts, to_ts, reason, recorded_at)
    select v_edge, s.id, e.gap ->> 'kind', (e.gap ->> 'epoch')::bigint, (e.gap ->> 'first')::bigint,
      (e.gap ->> 'last')::bigint, to_timestamp(e."from" / 1000), to_timestamp(e."to" / 1000), e.reason, p_now
    from jsonb_to_recordset(p_events) e(kind text, gap jsonb, reason text, "from" double precision, "to" double precision)
    join stream s on s.edge_id = v_edge and s.lane = (e.gap ->> 'lane')::smallint
    where e.kind = 'gap' and e.gap is not null
      and not exists (select from gap g where g.stream_id = s.id and g.epoch = (e.gap ->> 'epoch')::bigint
        and g.kind = e.gap ->> 'kind' and g.first = (e.gap ->> 'first')::bigint and g.last = (e.gap ->> 'last')::bigint);

  v_next := v_acked + 1;
  while v_next < p_first loop
    select max(g.last) + 1 into v_further from gap g
      where g.stream_id = p_stream and g.epoch = p_epoch and g.kind = 'events'
        and g.last >= v_next and g.first <= v_next;
    if v_further is null then
      status := 'expect';
      seq := v_next;
      return;
    end if;
    v_next := v_further;
  end loop;

  insert into gap (edge_id, source_id, machine_id, from_ts, to_ts, reason, recorded_at)
    select v_edge, e."sourceId", e."machineId", to_timestamp(e."from" / 1000), to_timestamp(e."to" / 1000), e.reason, p_now
    from rows from (jsonb_to_recordset(p_events)
      as (kind text, gap jsonb, reason text, "sourceId" int, "machineId" int, "from" double precision, "to" double precision))
      with ordinality as e(kind, gap, reason, "sourceId", "machineId", "from", "to", i)
    where e.kind = 'gap' and e.gap is null and p_first + e.i - 1 > v_acked;
  insert into edge_event (edge_id, stream_id, epoch, seq, kind, at, source_id, machine_id, data, historical, received_at)
    select v_edge, p_stream, p_epoch, p_first + e.i - 1, e.kind, to_timestamp(e.at / 1000), e."sourceId",
      e."machineId", e.data, p_historical, p_now
    from rows from (jsonb_to_recordset(p_events)
      as (kind text, at double precision, "sourceId" int, "machineId" int, data jsonb))
      with ordinality as e(kind, at, "sourceId", "machineId", data, i)
    where p_first + e.i - 1 > v_acked;
  -- The lock of the outbox: see publish() in server/core/facts.ts.
  perform pg_advisory_xact_lock(7301);
  insert into fact (topic, scope, data, at)
    select 'edge.event', case when e.machine_id is null then 'plant' else 'machine:' || e.machine_id end,
      jsonb_build_object('edgeId', v_edge, 'eventId', e.id, 'kind', e.kind,
        'at', extract(epoch from e.at)::double precision * 1000, 'sourceId', e.source_id,
        'machineId', e.machine_id, 'historical', p_historical, 'data', e.data), p_now
    from edge_event e
    where e.stream_id = p_stream and e.epoch = p_epoch and e.seq > v_acked and e.seq <= p_last
    order by e.seq;
  perform pg_notify('fact', 'edge.event');

  update ingest_cursor c set acked_seq = p_last, historical = p_historical, updated_at = p_now
    where c.stream_id = p_stream and c.epoch = p_epoch and c.kind = 'events';
  status := 'acked';
  seq := p_last;
end $$;

-- A reading with what was made when its source took it. For exports and the API; charts fetch the bands once.
create view reading_in_context as
select r.tag_id, t.metric, t.name as tag_name, t.unit, r.source_ts, r.num, r.txt, r.quality,
  m.id as machine_id, m.code as machine_code, run.position, j.id as job_id, j.operation,
  o.code as order_code, p.code as product_code,
  (select coalesce(jsonb_agg(jsonb_build_object('code', l.code, 'role', jl.role) order by l.code), '[]')
    from job_run_lot jl join lot l on l.id = jl.lot_id
    where jl.job_run_id = run.id and jl.during @> r.source_ts) as lots
from reading r
join tag t on t.id = r.tag_id
join work_unit m on m.id = t.machine_id
left join job_run run on run.machine_id = m.id and run.replaced_at is null and run.during @> r.source_ts
left join job j on j.id = run.job_id
left join production_order o on o.id = j.order_id
left join product p on p.id = o.product_id;

-- Rollups: always recomputed from what is stored below them, never incremented, so that late data only changes
-- the buckets it touches. `level` is the length of a bucket in seconds. A value holds until the next reading, until
-- a bad or stale one, or until the tag's longest silence plus its machine's stale time is over.
create table rollup (
  level int not null,
  tag_id int not null,
  bucket timestamptz not null,
  count int not null,
  sum double precision,
  min double precision,
  max double precision,
  first double precision,
  last double precision,
  -- value × seconds over the time in which it is known
  integral double precision not null,
  known_s double precision not null,
  good_s double precision not null,
  good_share double precision not null generated always as (good_s / level) stored,
  primary key (level, tag_id, bucket)
) partition by list (level);
create table rollup_10s partition of rollup for values in (10);
create table rollup_1m partition of rollup for values in (60);
create table rollup_15m partition of rollup for values in (900);
create table rollup_1d partition of rollup for values in (86400);

-- Tags whose last value still held when its bucket was computed; looked at again when the hold is over.
create table rollup_open (
  tag_id int primary key,
  at timestamptz not null,
  until timestamptz not null
);
create index rollup_open_until on rollup_open (until);

-- Readings changed between p_from and p_to of these tags (both inclusive): recomputes the buckets that these
-- changes touch, on every level. @returns how many 10 s buckets were written
create function rollup_recompute(p_tags int[], p_from timestamptz[], p_to timestamptz[], p_now timestamptz)
returns int language plpgsql as $$
declare
  v_origin constant timestamptz := '2000-01-01 00:00+00';
  v_level int;
  v_child int;
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
    select i.n, i.tag_id, i.start, i.stop, make_interval(secs => (t.max_silence_ms + m.stale_ms) / 1000.0) as hold
    from unnest(v_tags, v_starts, v_ends) with ordinality i(tag_id, start, stop, n)
    join tag t on t.id = i.tag_id join work_unit m on m.id = t.machine_id
  ), raw as (
    select s.n, s.tag_id, s.start, s.stop, s.hold, r.source_ts, r.epoch, r.seq, r.num, r.quality
    from stretch s join reading r on r.tag_id = s.tag_id and r.source_ts >= s.start and r.source_ts < s.stop
    union all
    select s.n, s.tag_id, s.start, s.stop, s.hold, b.source_ts, b.epoch, b.seq, b.num, b.quality
    from stretch s cross join lateral (select r.source_ts, r.epoch, r.seq, r.num, r.quality from reading r
      where r.tag_id = s.tag_id and r.source_ts < s.start and r.source_ts >= s.start - s.hold
      order by r.source_ts desc, r.epoch desc, r.seq desc limit 1) b
  ), held as (
    select n, tag_id, start, source_ts, epoch, seq, quality,
      case when quality < 2 then num end as v,
      greatest(source_ts, start) as held_from,
      least(lead(source_ts) over w, source_ts + hold, stop, greatest(p_now, source_ts)) as held_to
    from raw window w as (partition by n order by source_ts, epoch, seq)
  ), piece as (
    -- what a reading gives to its own bucket; a reading before the stretch gives nothing but its hold
    select tag_id, date_bin('10 s', source_ts, v_origin) as bucket, source_ts, epoch, seq, v, quality, source_ts >= start as own,
      case when source_ts >= start then extract(epoch from
        least(held_to, date_bin('10 s', source_ts, v_origin) + interval '10 s') - source_ts)::double precision
      else 0 end as secs
    from held
    where source_ts >= start
    union all
    -- and to the buckets after it through which it holds
    select h.tag_id, b.bucket, h.source_ts, h.epoch, h.seq, h.v, h.quality, false,
      extract(epoch from least(h.held_to, b.bucket + interval '10 s') - b.bucket)::double precision
    from held h
    cross join lateral generate_series(
      case when h.source_ts >= h.start then date_bin('10 s', h.source_ts, v_origin) + interval '10 s' else h.start end,
      h.held_to - interval '1 microsecond', interval '10 s') b(bucket)
    where h.v is not null
      and h.held_to > case when h.source_ts >= h.start then date_bin('10 s', h.source_ts, v_origin) + interval '10 s' else h.start end
  ), fresh as (
    select tag_id, bucket,
      (count(v) filter (where own))::int as count, sum(v) filter (where own) as sum,
      min(v) filter (where own) as min, max(v) filter (where own) as max,
      (array_agg(v order by source_ts, epoch, seq) filter (where own and v is not null))[1] as first,
      (array_agg(v order by source_ts desc, epoch desc, seq desc) filter (where own and v is not null))[1] as last,
      coalesce(sum(v * secs), 0) as integral,
      coalesce(sum(secs) filter (where v is not null), 0) as known_s,
      coalesce(sum(secs) filter (where v is not null and quality = 0), 0) as good_s
    from piece group by tag_id, bucket
  ), gone as (
    delete from rollup r using stretch s
    where r.level = 10 and r.tag_id = s.tag_id and r.bucket >= s.start and r.bucket < s.stop
      and not exists (select from fresh f where f.tag_id = r.tag_id and f.bucket = r.bucket)
  )
  insert into rollup (level, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s)
  select 10, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s from fresh
  on conflict (level, tag_id, bucket) do update set count = excluded.count, sum = excluded.sum, min = excluded.min,
    max = excluded.max, first = excluded.first, last = excluded.last, integral = excluded.integral,
    known_s = excluded.known_s, good_s = excluded.good_s;
  get diagnostics v_written = row_count;

  foreach v_level in array array[60, 900, 86400] loop
    v_child := case v_level when 60 then 10 when 900 then 60 else 900 end;
    with parent as (
      select distinct i.tag_id, b.bucket
      from unnest(v_tags, v_starts, v_ends) i(tag_id, start, stop)
      cross join lateral generate_series(date_bin(make_interval(secs => v_level), i.start, v_origin),
        i.stop - interval '1 microsecond', make_interval(secs => v_level)) b(bucket)
    ), fresh as (
      select p.tag_id, p.bucket, sum(c.count)::int as count, sum(c.sum) as sum, min(c.min) as min, max(c.max) as max,
        (array_agg(c.first order by c.bucket) filter (where c.first is not null))[1] as first,
        (array_agg(c.last order by c.bucket desc) filter (where c.last is not null))[1] as last,
        sum(c.integral) as integral, sum(c.known_s) as known_s, sum(c.good_s) as good_s
      from parent p join rollup c on c.level = v_child and c.tag_id = p.tag_id and c.bucket >= p.bucket
        and c.bucket < p.bucket + make_interval(secs => v_level)
      group by p.tag_id, p.bucket
    ), gone as (
      delete from rollup r using parent p
      where r.level = v_level and r.tag_id = p.tag_id and r.bucket = p.bucket
        and not exists (select from fresh f where f.tag_id = p.tag_id and f.bucket = p.bucket)
    )
    insert into rollup (level, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s)
    select v_level, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s from fresh
    on conflict (level, tag_id, bucket) do update set count = excluded.count, sum = excluded.sum, min = excluded.min,
      max = excluded.max, first = excluded.first, last = excluded.last, integral = excluded.integral,
      known_s = excluded.known_s, good_s = excluded.good_s;
  end loop;
  return v_written;
end $$;

-- One range of a stream has been stored: finds what it changed and recomputes that.
create function rollup_range(
  p_stream int, p_epoch bigint, p_first bigint, p_last bigint, p_min timestamptz, p_max timestamptz, p_now timestamptz
) returns int language plpgsql as $$
declare
  v_tags int[];
  v_from timestamptz[];
  v_to timestamptz[];
begin
  -- By tag and minute, so that one late reading does not make everything since then dirty.
  select array_agg(x.tag_id), array_agg(x.from_ts), array_agg(x.to_ts) into v_tags, v_from, v_to
  from (
    select r.tag_id, min(r.source_ts) as from_ts, max(r.source_ts) as to_ts
    from reading r
    where r.stream_id = p_stream and r.epoch = p_epoch and r.seq between p_first and p_last
      and r.source_ts >= p_min and r.source_ts <= p_max
    group by r.tag_id, date_bin('1 min', r.source_ts, '2000-01-01 00:00+00')
  ) x;
  if v_tags is null then
    return 0;
  end if;
  insert into rollup_open (tag_id, at, until)
  select x.tag_id, x.at, x.at + make_interval(secs => (t.max_silence_ms + m.stale_ms) / 1000.0)
  from (select i.tag_id, max(i.at) as at from unnest(v_tags, v_to) i(tag_id, at) group by i.tag_id) x
  join tag t on t.id = x.tag_id and t.datatype <> 'text'
  join work_unit m on m.id = t.machine_id
  where x.at + make_interval(secs => (t.max_silence_ms + m.stale_ms) / 1000.0) > p_now
  order by x.tag_id
  on conflict (tag_id) do update set at = excluded.at, until = excluded.until where rollup_open.at < excluded.at;
  return rollup_recompute(v_tags, v_from, v_to, p_now);
end $$;

-- Tags that fell silent: their last value held on until its time was over. @returns how many were looked at
create function rollup_close(p_now timestamptz) returns int language plpgsql as $$
declare
  v_tags int[];
  v_at timestamptz[];
begin
  with over as (
    delete from rollup_open where tag_id in
      (select tag_id from rollup_open where until <= p_now order by until limit 1000 for update skip locked)
    returning tag_id, at
  )
  select array_agg(tag_id), array_agg(at) into v_tags, v_at from over;
  if v_tags is null then
    return 0;
  end if;
  perform rollup_recompute(v_tags, v_at, v_at, p_now);
  return cardinality(v_tags);
end $$;
