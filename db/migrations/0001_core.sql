-- Commands, facts (outbox), reactions, audit, settings, leases. Tier: core.

create table command (
  command_id uuid primary key,
  name text not null,
  actor jsonb not null,
  input_hash bytea not null,
  result jsonb,
  at timestamptz not null
);

-- The outbox. Ids are drawn under one advisory transaction lock, so id order is commit order.
create table fact (
  id bigint generated always as identity primary key,
  topic text not null,
  scope text not null,
  data jsonb not null,
  at timestamptz not null
);
create index fact_topic on fact (topic, id);

create table reaction_cursor (
  name text primary key,
  fact_id bigint not null default 0,
  failures int not null default 0,
  next_attempt_at timestamptz,
  last_error text
);

create table parked_fact (
  reaction text not null,
  fact_id bigint not null,
  error text not null,
  at timestamptz not null,
  primary key (reaction, fact_id)
);

create table schedule (
  name text primary key,
  next_at timestamptz not null,
  last_at timestamptz,
  last_error text
);

create table audit (
  seq bigint primary key,
  at timestamptz not null,
  actor jsonb not null,
  person_id uuid,
  station_id uuid,
  action text not null,
  object_type text not null,
  object_id text not null,
  machine_id int,
  before jsonb,
  after jsonb,
  reason text,
  command_id uuid,
  prev_hash bytea not null,
  hash bytea not null
);
create index audit_object on audit (object_type, object_id, seq);

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'audit is append-only';
end $$;
create trigger audit_no_change before update or delete on audit
  for each row execute function audit_is_append_only();
create trigger audit_no_truncate before truncate on audit
  for each statement execute function audit_is_append_only();

create table setting (
  key text primary key,
  value jsonb not null,
  at timestamptz not null default now()
);

-- Who owns a lane (its live cache, alarms, detectors); the fence is checked in consumer transactions.
create table lane_lease (
  lane int primary key,
  owner text not null,
  fence bigint not null,
  until timestamptz not null
);
