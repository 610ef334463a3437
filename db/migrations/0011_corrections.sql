-- Orders without an ERP, lots received by hand, corrections after the fact.

-- A split order remembers where it came from; a held or closed one why.
alter table production_order
  add column parent_id uuid references production_order,
  add column held_reason text,
  add column held_by text,
  add column held_at timestamptz,
  add column closed_reason text,
  add constraint production_order_hold check ((held_at is null) = (held_reason is null));
-- Place in the queue of its machine as somebody said it, 1 first; null = nobody did.
alter table job add column rank int;

-- A lot number is its material's own: two suppliers may both have a lot 7.
alter table lot drop constraint lot_code_key;
alter table lot
  add column received numeric,
  add column supplier_lot text,
  add column received_at timestamptz,
  add column expires_on date;
update lot set received = quantity + coalesce((select sum(u.quantity) from lot_use u where u.lot_id = lot.id), 0);
alter table lot alter column received set not null;
create unique index lot_code on lot (coalesce(material_id, product_id), code);

-- What is left is derived: what came in less what the runs that stand used of it.
create function lot_begins_full() returns trigger language plpgsql as $$
begin
  new.received := coalesce(new.received, new.quantity);
  return new;
end $$;
create trigger lot_received before insert on lot for each row execute function lot_begins_full();

-- Somebody said what really was. Nothing is overwritten: it hides versions, writes others, and can be undone.
create table correction (
  id uuid primary key,
  kind text not null check (kind in ('machine', 'period', 'finish', 'count', 'lot', 'undo')),
  machine_id int not null references work_unit,
  input jsonb not null,
  -- what was shown before it was saved: before and after of everything it changes
  preview jsonb not null,
  -- jobs and orders whose state it changed: [{what, id, before, after}]
  states jsonb not null default '[]',
  reason text not null,
  person_id uuid,
  by_name text not null,
  at timestamptz not null,
  undoes uuid unique references correction
);
create index correction_time on correction (at desc);

create table correction_run (
  correction_id uuid not null references correction deferrable initially deferred,
  run_id uuid not null references job_run,
  role text not null check (role in ('hidden', 'written')),
  during tstzrange not null,
  primary key (correction_id, run_id)
);

-- Parts that a counter did not count, or counted too many, at an instant of source time.
create table count_correction (
  id bigint generated always as identity primary key,
  correction_id uuid not null references correction deferrable initially deferred,
  machine_id int not null references work_unit,
  at timestamptz not null,
  good int not null,
  scrap int not null
);
create index count_correction_time on count_correction (machine_id, at);

create trigger correction_no_change before update or delete on correction
  for each row execute function journal_is_append_only();
create trigger correction_run_no_change before update or delete on correction_run
  for each row execute function journal_is_append_only();
create trigger count_correction_no_change before update or delete on count_correction
  for each row execute function journal_is_append_only();

-- A restated record says who restated it and why, where a person did.
alter table oee_shift
  add column correction_id uuid references correction,
  add column restated_by text,
  add column restate_reason text;
alter table oee_dirty add column correction_id uuid references correction;
