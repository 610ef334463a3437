-- How a product is made and of what, which tool makes it, and who can: each with its time.

-- ISA-95 operations definition. A version is whole and never changes; another one ends it. One that was replaced before
-- it ever held keeps an empty period: an order keeps the version it was made with.
create table routing (
  id bigint generated always as identity primary key,
  product_id uuid not null references product,
  version int not null,
  during tstzrange not null,
  unique (product_id, version),
  exclude using gist (product_id with =, during with &&)
);

-- A closed list of the plant's own; one that is put away stays with whoever has it.
create table skill (
  id int generated always as identity primary key,
  code text not null unique,
  name text not null,
  active boolean not null default true
);

-- ISA-95 operations segment: what is done, in which order, on which machines, and what somebody must be able to do.
create table routing_operation (
  id bigint generated always as identity primary key,
  routing_id bigint not null references routing,
  sequence int not null check (sequence > 0),
  name text not null,
  -- null = only the machines that are named
  machine_kind text,
  setup_ms bigint not null default 0 check (setup_ms >= 0),
  skill_id int references skill,
  unique (routing_id, sequence),
  unique (routing_id, name)
);

create table routing_operation_machine (
  operation_id bigint not null references routing_operation,
  machine_id int not null references work_unit,
  primary key (operation_id, machine_id)
);

alter table production_order add column routing_id bigint references routing;

-- A component is a material that is bought or a product that is made. Dated, as standards are.
alter table bill_of_material drop constraint bill_of_material_pkey;
alter table bill_of_material
  alter column material_id drop not null,
  add column id bigint generated always as identity primary key,
  add column component_id uuid references product,
  -- planned on top of what the part holds, in percent of it
  add column scrap_percent numeric not null default 0 check (scrap_percent >= 0),
  add column during tstzrange not null default tstzrange('-infinity', null),
  add constraint bill_of_material_one_component check ((material_id is null) <> (component_id is null)),
  add constraint bill_of_material_no_part_of_itself check (component_id <> product_id),
  add constraint bill_of_material_one_at_a_time
    exclude using gist (product_id with =, (coalesce(material_id, component_id)) with =, during with &&);

-- What a tool was before it was first counted here, when it is due, and where it lies when it is on no machine.
alter table physical_asset
  add column start_shots bigint not null default 0 check (start_shots >= 0),
  add column warn_share double precision not null default 0.9 check (warn_share > 0 and warn_share <= 1),
  add column storage text,
  add column active boolean not null default true;

-- Cavities that give parts; what is not said is open.
create table tool_cavities (
  id bigint generated always as identity primary key,
  asset_id uuid not null references physical_asset,
  open int not null check (open >= 0),
  during tstzrange not null,
  exclude using gist (asset_id with =, during with &&)
);

-- Maintenance begins the count of shots anew; what was counted until then stands beside it.
create table tool_maintenance (
  id bigint generated always as identity primary key,
  asset_id uuid not null references physical_asset,
  at timestamptz not null,
  shots bigint not null,
  note text
);
create index tool_maintenance_asset on tool_maintenance (asset_id, at desc);

-- An operation keeps its name from version to version, so that a tool fits it in all of them.
create table tool_fit (
  asset_id uuid not null references physical_asset,
  product_id uuid not null references product,
  operation text not null,
  primary key (asset_id, product_id, operation)
);
create index asset_mount_machine on asset_mount (machine_id);

-- B2MML personnel class of a person. The last day counts, on the plant's calendar; null = for good.
create table person_skill (
  person_id uuid not null references person on delete cascade,
  skill_id int not null references skill,
  since date not null,
  expires_on date,
  primary key (person_id, skill_id),
  check (expires_on >= since)
);

-- Why a badge was taken, and which one stands in its place.
alter table person_badge
  add column lost boolean not null default false,
  add column replaced_by bigint references person_badge;
