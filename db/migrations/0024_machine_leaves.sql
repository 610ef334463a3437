-- When a machine will be put away, and what its positions are called.
alter table work_unit
  add column leaves_at timestamptz,
  add column position_names text[] not null default '{}';
