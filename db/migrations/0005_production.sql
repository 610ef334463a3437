-- What happened on the machines: states, stops, counts, holds, and the OEE of each shift. Tiers: execution, enterprise.

-- Share of the ideal rate that a shift is asked to reach.
alter table work_unit add column target_share double precision not null default 0.85
  check (target_share > 0 and target_share <= 1);

-- Band in which the process is normal; the set-point that drives a measurement; where a counter rolls over.
alter table tag
  add column normal_low double precision,
  add column normal_high double precision,
  add column setpoint_tag_id int references tag,
  add column modulus double precision check (modulus > 1);

-- Derived from readings: maximal stretches of one word and fault, half-open, by source time.
create table machine_state (
  machine_id int not null references work_unit,
  during tstzrange not null,
  word text not null check (word in
    ('running', 'idle', 'stopped', 'fault', 'setup', 'starved', 'blocked', 'no_data')),
  fault text,
  check (not isempty(during) and lower_inc(during)),
  exclude using gist (machine_id with =, during with &&)
);
create index machine_state_start on machine_state (machine_id, lower(during));
create index machine_state_open on machine_state (machine_id) where upper_inf(during);

-- Derived: newest good guard and remote signals by source time.
create table machine_signal (
  machine_id int primary key references work_unit,
  guard_open boolean,
  guard_at timestamptz,
  remote boolean,
  remote_at timestamptz
);

create table stop_reason (
  id int generated always as identity primary key,
  code text not null unique,
  name text not null,
  -- null = for every kind of machine
  machine_kind text,
  active boolean not null default true
);

-- How a reason counts. Dated, so that a change does not restate closed months in silence.
create table stop_reason_class (
  reason_id int not null references stop_reason,
  during tstzrange not null default tstzrange('-infinity', null),
  planned boolean not null default false,
  changeover boolean not null default false,
  exclude using gist (reason_id with =, during with &&)
);

create function stop_reason_at_most_25() returns trigger language plpgsql as $$
declare
  worst int;
begin
  select max(n) into worst from (
    select count(*) + (select count(*) from stop_reason where active and machine_kind is null) as n
    from stop_reason where active and machine_kind is not null group by machine_kind
    union all
    select count(*) from stop_reason where active and machine_kind is null) counts;
  if worst > 25 then
    raise exception 'a machine offers at most 25 stop reasons' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger stop_reason_limit after insert or update on stop_reason
  for each statement execute function stop_reason_at_most_25();

create table fault_reason (
  machine_kind text not null,
  fault text not null,
  reason_id int not null references stop_reason,
  primary key (machine_kind, fault)
);

-- Derived: stops longer than the machine's micro-stop limit, from their very start.
create table stop (
  id uuid primary key default gen_random_uuid(),
  machine_id int not null references work_unit,
  during tstzrange not null,
  word text not null,
  fault text,
  exclude using gist (machine_id with =, during with &&)
);

-- What people said about a stopped time. Append-only; the newest statement about an instant stands.
create table stop_explanation (
  id bigint generated always as identity primary key,
  machine_id int not null references work_unit,
  during tstzrange not null,
  reason_id int not null references stop_reason,
  comment text,
  person_id uuid,
  by_name text not null,
  at timestamptz not null
);
create index stop_explanation_time on stop_explanation using gist (machine_id, during);

-- Derived from counter readings: parts of ten seconds of source time, per job that ran then.
create table count_bucket (
  machine_id int not null references work_unit,
  start timestamptz not null,
  job_id uuid references job,
  good bigint not null,
  scrap bigint not null,
  cycles bigint not null,
  -- ISO 22400 PRI x PQ and PRI x GQ
  ideal_ms double precision not null,
  ideal_good_ms double precision not null,
  without_standard bigint not null default 0,
  unique nulls not distinct (machine_id, start, job_id)
);
create index count_bucket_job on count_bucket (job_id);

-- Derived: each time a counter went down, and what was decided about it.
create table counter_jump (
  machine_id int not null references work_unit,
  tag_id int not null references tag,
  at timestamptz not null,
  from_value double precision not null,
  to_value double precision not null,
  decision text not null check (decision in ('reset', 'rollover')),
  delta double precision not null,
  primary key (tag_id, at)
);

create table lot_hold (
  id bigint generated always as identity primary key,
  lot_id uuid not null references lot,
  -- the lot that was put on hold; its descendants name it too
  root_lot_id uuid not null references lot,
  reason text not null,
  person_id uuid,
  by_name text not null,
  at timestamptz not null,
  disposition_before text not null,
  released_at timestamptz,
  released_by text,
  release_reason text
);
create unique index lot_hold_open on lot_hold (lot_id) where released_at is null;

-- What a run used of a lot, posted when the run ends.
create table lot_use (
  job_run_id uuid not null references job_run,
  lot_id uuid not null references lot,
  quantity numeric not null check (quantity >= 0),
  at timestamptz not null,
  primary key (job_run_id, lot_id)
);

-- One record a machine and shift. A closed record never changes: a restatement is a newer version.
create table oee_shift (
  machine_id int not null references work_unit,
  shift_id bigint not null references shift_instance,
  version int not null,
  line_id int not null references equipment,
  shift_name text not null,
  production_day date not null,
  during tstzrange not null,
  closed boolean not null,
  rule_version int not null,
  computed_at timestamptz not null,
  superseded_at timestamptz,
  pot double precision not null,
  planned_down double precision not null,
  no_data double precision not null,
  pbt double precision not null,
  apt double precision not null,
  aust double precision not null,
  adet double precision not null,
  adot double precision not null,
  micro_stop double precision not null,
  good bigint not null,
  scrap bigint not null,
  cycles bigint not null,
  ideal_ms double precision not null,
  ideal_good_ms double precision not null,
  without_standard bigint not null,
  stops int not null,
  micro_stops int not null,
  reasons jsonb not null default '[]',
  primary key (machine_id, shift_id, version)
);
create unique index oee_shift_current on oee_shift (machine_id, shift_id) where superseded_at is null;
create index oee_shift_day on oee_shift (production_day, machine_id) where superseded_at is null;

create function oee_shift_closed_is_final() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (to_jsonb(new) - 'superseded_at') is distinct from (to_jsonb(old) - 'superseded_at') then
    raise exception 'a closed shift record does not change; add a version';
  end if;
  return new;
end $$;
create trigger oee_shift_final before update or delete on oee_shift
  for each row when (old.closed) execute function oee_shift_closed_is_final();

-- Closed shifts whose past changed; the schedule computes them again.
create table oee_dirty (
  machine_id int not null references work_unit,
  shift_id bigint not null references shift_instance,
  since timestamptz not null,
  primary key (machine_id, shift_id)
);
