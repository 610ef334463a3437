-- Connecting a plant: one-time codes of sources and edges, templates of tags by class of machine, the words of a state
-- that a machine says as a number, and what became of a dead letter. Tiers: device, edge.

-- Spent once by what it is for: a source's device or an edge. Only its hash is kept.
create table enrolment_code (
  code_hash bytea primary key,
  source_id int references source,
  edge_id int references edge,
  expires_at timestamptz not null,
  check (num_nonnulls(source_id, edge_id) = 1)
);

-- What the machines of a class have in common: their metrics below a prefix, and how each is read.
create table tag_template (
  id int generated always as identity primary key,
  name text not null unique,
  -- the class of machine it is made for, as in work_unit.kind
  kind text not null
);
create table tag_template_row (
  id int generated always as identity primary key,
  template_id int not null references tag_template on delete cascade,
  -- below the machine's own prefix, e.g. Melt/Temperature
  metric text not null,
  settings jsonb not null,
  unique (template_id, metric)
);

alter table tag
  -- the row it came from: what is not in `overrides` follows it
  add column template_row_id int references tag_template_row on delete set null,
  add column overrides text[] not null default '{}',
  -- what each value means where the machine says a code and not a word: {"0": "idle", "3": "running"}
  add column words jsonb;
create index tag_template_row_tags on tag (template_row_id) where template_row_id is not null;

alter table dead_letter drop constraint dead_letter_state_check;
alter table dead_letter add constraint dead_letter_state_check check (state in ('open', 'discarded', 'replayed'));
