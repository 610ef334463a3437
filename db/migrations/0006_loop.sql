-- The loop: rules and deviations, alarms, guidance, adjustments. Tier: execution.

-- What is watched, how, and how far it may act by itself. A new rule begins at authority 0 (show).
create table detection_rule (
  id int generated always as identity primary key,
  kind text not null check (kind in ('slowdown', 'temperature_drift', 'run_out')),
  machine_id int not null references work_unit,
  tag_id int not null references tag,
  parameters jsonb not null default '{}',
  -- The set-point it moves, by how much, and how the effect is measured; null = it only shows.
  action jsonb,
  authority int not null default 0 check (authority between 0 and 3),
  enabled boolean not null default true,
  audience text not null default 'by_cause' check (audience in ('operator', 'office', 'by_cause')),
  priority int not null default 3 check (priority between 1 and 4),
  helped int not null default 0,
  did_not_help int not null default 0,
  cannot_tell int not null default 0,
  version int not null default 1,
  unique (kind, tag_id)
);

-- Which signals speak for which cause. `machine_id` null = any machine. The lowest rank that fits wins.
create table cause_rule (
  id int generated always as identity primary key,
  kind text not null,
  machine_id int references work_unit,
  code text not null,
  rank int not null default 10,
  -- of the deviation it fits; null = both
  direction text check (direction in ('up', 'down')),
  conditions jsonb not null default '[]',
  instruction_code text,
  was_right int not null default 0,
  judged int not null default 0 check (judged >= was_right),
  unique nulls not distinct (kind, machine_id, code)
);

create table deviation (
  id uuid primary key,
  rule_id int not null references detection_rule,
  kind text not null,
  machine_id int not null references work_unit,
  tag_id int not null references tag,
  state text not null check (state in ('open', 'cleared')),
  since timestamptz not null,
  seen_at timestamptz not null,
  cleared_at timestamptz,
  evidence jsonb not null,
  latest jsonb not null,
  cause_rule_id int references cause_rule,
  cause_signals jsonb not null default '[]',
  -- whether the likely cause was the right one, once somebody or the machine said so
  cause_right boolean,
  unique (rule_id, seen_at)
);
create unique index deviation_open on deviation (rule_id) where state = 'open';
create index deviation_machine on deviation (machine_id, seen_at desc);

-- ISA-18.2. One abnormal condition (`key`) has at most one alarm that is not over.
create table alarm (
  id uuid primary key default gen_random_uuid(),
  key text not null,
  version int not null default 1,
  kind text not null,
  priority int not null check (priority between 1 and 4),
  machine_id int references work_unit,
  tag_id int references tag,
  state text not null check (state in ('unack', 'ack', 'rtn_unack', 'shelved', 'normal')),
  active boolean not null default true,
  params jsonb not null default '{}',
  since timestamptz not null,
  raised_at timestamptz not null,
  cleared_at timestamptz,
  taken_at timestamptz,
  taken_by uuid,
  taken_name text,
  shelved_at timestamptz,
  shelved_until timestamptz,
  shelved_name text,
  shelve_reason text,
  closed_at timestamptz,
  deviation_id uuid references deviation,
  cause_rule_id int references cause_rule,
  instruction_code text,
  blocks_changes boolean not null default false,
  check ((state = 'normal') = (closed_at is not null)),
  check ((state = 'shelved') = (shelved_until is not null))
);
create unique index alarm_open_key on alarm (key) where state <> 'normal';
create index alarm_machine on alarm (machine_id, raised_at desc);
create index alarm_deviation on alarm (deviation_id) where deviation_id is not null;

create table alarm_event (
  id bigint generated always as identity primary key,
  alarm_id uuid not null references alarm,
  at timestamptz not null,
  source_at timestamptz,
  kind text not null,
  actor jsonb not null,
  reason text
);
create index alarm_event_alarm on alarm_event (alarm_id, id);

create table instruction (
  id int generated always as identity primary key,
  code text not null unique
);

create table instruction_version (
  id int generated always as identity primary key,
  instruction_id int not null references instruction,
  version int not null,
  state text not null check (state in ('draft', 'released', 'retired')),
  title jsonb not null,
  steps jsonb not null,
  released_at timestamptz,
  released_by text,
  check (state = 'draft' or released_at is not null),
  check (jsonb_array_length(steps) between 3 and 5),
  unique (instruction_id, version)
);
create unique index instruction_released on instruction_version (instruction_id) where state = 'released';

create function released_instruction_is_final() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or new.title is distinct from old.title or new.steps is distinct from old.steps
    or new.version <> old.version or new.state = 'draft' then
    raise exception 'a released instruction does not change; release a new version';
  end if;
  return new;
end $$;
create trigger instruction_version_final before update or delete on instruction_version
  for each row when (old.state <> 'draft') execute function released_instruction_is_final();

create table instruction_run (
  id uuid primary key default gen_random_uuid(),
  instruction_version_id int not null references instruction_version,
  machine_id int not null references work_unit,
  alarm_id uuid references alarm,
  deviation_id uuid references deviation,
  state text not null check (state in ('running', 'done', 'abandoned')),
  current int not null default 1,
  started_at timestamptz not null,
  started_by jsonb not null,
  ended_at timestamptz
);
create unique index instruction_run_alarm on instruction_run (alarm_id) where state = 'running';

create table instruction_step (
  run_id uuid not null references instruction_run,
  step int not null,
  kind text not null,
  -- live-bound steps: what is watched, and since when it is as wanted (source time)
  tag_id int references tag,
  op text,
  value double precision,
  hold_ms int,
  holds_since timestamptz,
  done_at timestamptz,
  done_by jsonb,
  result jsonb,
  primary key (run_id, step)
);
create index instruction_step_live on instruction_step (tag_id) where done_at is null and tag_id is not null;

create table adjustment (
  id uuid primary key,
  version int not null default 1,
  state text not null check (state in ('draft', 'proposed', 'approved', 'rejected', 'announced', 'held', 'blocked',
    'expired', 'sent', 'accepted', 'refused', 'unknown', 'verifying', 'helped', 'did_not_help', 'cannot_tell')),
  machine_id int not null references work_unit,
  tag_id int not null references tag,
  old_value double precision not null,
  new_value double precision not null,
  reason jsonb not null,
  author_kind text not null check (author_kind in ('rule', 'person', 'return')),
  author_person uuid,
  author_name text not null,
  rule_id int references detection_rule,
  deviation_id uuid references deviation,
  returns uuid references adjustment,
  -- copies of the tag's limits and of the rule's plan as they were when it was proposed
  limits jsonb not null,
  plan jsonb not null,
  approvals_needed int not null default 1 check (approvals_needed between 0 and 2),
  predicted jsonb not null,
  created_at timestamptz not null,
  not_after timestamptz not null,
  send_at timestamptz,
  confirmed_by jsonb,
  actuation_id uuid unique,
  counter_epoch text,
  counter bigint,
  sent_at timestamptz,
  answered_at timestamptz,
  effective_at timestamptz,
  why jsonb,
  verification jsonb,
  verdict_reason text,
  asks_person boolean not null default false,
  ended_at timestamptz,
  check ((sent_at is null) = (actuation_id is null))
);
-- One change outstanding per set-point, whoever wants it.
create unique index adjustment_outstanding on adjustment (tag_id) where state in
  ('draft', 'proposed', 'approved', 'announced', 'held', 'blocked', 'sent', 'accepted', 'unknown', 'verifying');
create unique index adjustment_returns on adjustment (returns)
  where returns is not null and state not in ('rejected', 'expired', 'refused');
create index adjustment_machine on adjustment (machine_id, created_at desc);
create index adjustment_rule on adjustment (rule_id, created_at desc);
create index adjustment_deviation on adjustment (deviation_id) where deviation_id is not null;

create table adjustment_approval (
  adjustment_id uuid not null references adjustment,
  person_id uuid not null,
  name text not null,
  at timestamptz not null,
  primary key (adjustment_id, person_id)
);

create table adjustment_event (
  id bigint generated always as identity primary key,
  adjustment_id uuid not null references adjustment,
  at timestamptz not null,
  event text not null,
  state text not null,
  actor jsonb not null,
  reason text,
  why jsonb
);
create index adjustment_event_adjustment on adjustment_event (adjustment_id, id);

-- Somebody moved this set-point by hand: automation keeps off it until a supervisor says otherwise.
create table tag_suspension (
  tag_id int primary key references tag,
  machine_id int not null references work_unit,
  since timestamptz not null,
  reason text not null check (reason in ('operator_moved')),
  value double precision
);

create function journal_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger alarm_event_no_change before update or delete on alarm_event
  for each row execute function journal_is_append_only();
create trigger adjustment_event_no_change before update or delete on adjustment_event
  for each row execute function journal_is_append_only();
