-- What the plant is made of and what it is asked to make. Tiers: device, edge, execution.
create extension if not exists btree_gist;

-- ISA-95 role-based equipment above the machine: enterprise, site, area, line (work center).
create table equipment (
  id int generated always as identity primary key,
  parent_id int references equipment,
  level text not null check (level in ('enterprise', 'site', 'area', 'line')),
  code text not null unique,
  name text not null,
  time_zone text
);

-- "Machine" everywhere else: carries state, jobs, OEE and reflexes.
create table work_unit (
  id int generated always as identity primary key,
  line_id int not null references equipment,
  code text not null unique,
  name text not null,
  kind text not null,
  flow_position int not null default 0,
  positions int not null default 1,
  micro_stop_ms int not null,
  stale_ms int not null,
  announce_ms int not null default 20000,
  automation_off boolean not null default false,
  maintenance_lock jsonb
);

create table physical_asset (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('machine', 'tool', 'device')),
  serial text not null unique,
  name text not null,
  life_cycles bigint,
  cavities int
);

create table asset_mount (
  id bigint generated always as identity primary key,
  machine_id int not null references work_unit,
  asset_id uuid not null references physical_asset,
  during tstzrange not null,
  exclude using gist (asset_id with =, during with &&)
);

create table edge (
  id int generated always as identity primary key,
  code text not null unique,
  name text not null,
  token_hash bytea not null,
  document_version bigint not null default 0,
  last_seen timestamptz
);

create table source (
  id int generated always as identity primary key,
  edge_id int not null references edge,
  code text not null unique,
  driver text not null,
  config jsonb not null default '{}',
  token_hash bytea,
  enabled boolean not null default true
);

create table tag (
  id int generated always as identity primary key,
  source_id int not null references source,
  machine_id int not null references work_unit,
  metric text not null,
  name text not null,
  meaning text not null,
  datatype text not null check (datatype in ('number', 'text', 'boolean')),
  unit text,
  decimals int not null default 1,
  scale double precision not null default 1,
  shift double precision not null default 0,
  deadband double precision not null default 0,
  max_silence_ms int not null default 60000,
  expected_ms int not null default 1000,
  aggregate_ms int,
  low double precision,
  high double precision,
  writable jsonb,
  enabled boolean not null default true,
  unique (source_id, metric)
);

create table person (
  id uuid primary key default gen_random_uuid(),
  code text not null unique,
  name text not null,
  language text not null default 'en',
  roles text[] not null,
  active boolean not null default true
);

create table product (
  id uuid primary key default gen_random_uuid(),
  code text not null unique,
  name text not null
);

-- ISO 22400 planned run time per item: ideal cycle of one machine cycle and how many parts one cycle makes.
create table standard_cycle (
  id bigint generated always as identity primary key,
  product_id uuid not null references product,
  machine_id int not null references work_unit,
  cycle_ms double precision not null check (cycle_ms > 0),
  parts_per_cycle int not null default 1 check (parts_per_cycle > 0),
  during tstzrange not null default tstzrange('-infinity', null),
  exclude using gist (product_id with =, machine_id with =, during with &&)
);

create table production_order (
  id uuid primary key default gen_random_uuid(),
  code text not null unique,
  product_id uuid not null references product,
  quantity int not null check (quantity > 0),
  due timestamptz,
  priority int not null default 5,
  state text not null check (state in ('waiting', 'ready', 'running', 'held', 'completed', 'closed', 'cancelled')),
  version int not null default 1
);

create table job (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references production_order,
  sequence int not null,
  operation text not null,
  machine_id int not null references work_unit,
  quantity int not null check (quantity > 0),
  state text not null check (state in ('waiting', 'ready', 'running', 'paused', 'completed', 'cancelled')),
  planned_start timestamptz,
  unique (order_id, sequence)
);

-- Context is a join: which job ran on which position of which machine, by source time. Several positions of
-- an oven hold several jobs at once. A correction appends a version: `replaced_by` hides the old one.
create table job_run (
  id uuid primary key default gen_random_uuid(),
  machine_id int not null references work_unit,
  position int not null default 1,
  job_id uuid not null references job,
  during tstzrange not null,
  replaced_at timestamptz,
  exclude using gist (machine_id with =, position with =, during with &&) where (replaced_at is null)
);
create index job_run_job on job_run (job_id);

create table material (
  id uuid primary key default gen_random_uuid(),
  code text not null unique,
  name text not null,
  unit text not null
);

-- What one part of a product needs.
create table bill_of_material (
  product_id uuid not null references product,
  material_id uuid not null references material,
  per_part numeric not null check (per_part > 0),
  primary key (product_id, material_id)
);

create table lot (
  id uuid primary key default gen_random_uuid(),
  code text not null unique,
  material_id uuid references material,
  product_id uuid references product,
  quantity numeric not null,
  disposition text not null default 'unrestricted'
    check (disposition in ('planned', 'in_process', 'restricted', 'unrestricted', 'closed')),
  location text,
  check ((material_id is null) <> (product_id is null))
);

create table job_run_lot (
  id bigint generated always as identity primary key,
  job_run_id uuid not null references job_run,
  lot_id uuid not null references lot,
  role text not null check (role in ('in', 'out')),
  during tstzrange not null
);
create index job_run_lot_lot on job_run_lot (lot_id);

-- Shift instances are [start, end) in UTC, expanded from local rules and an IANA zone.
create table shift_pattern (
  id int generated always as identity primary key,
  line_id int not null references equipment,
  code text not null,
  name text not null,
  weekdays int[] not null,
  start_local time not null,
  end_local time not null,
  breaks jsonb not null default '[]',
  during tstzrange not null default tstzrange('-infinity', null)
);

create table shift_instance (
  id bigint generated always as identity primary key,
  line_id int not null references equipment,
  pattern_id int references shift_pattern,
  name text not null,
  production_day date not null,
  during tstzrange not null,
  breaks tstzmultirange not null default '{}',
  exclude using gist (line_id with =, during with &&)
);
