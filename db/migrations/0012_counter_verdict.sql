-- Counters that went down in a way that leaves a doubt, and what a person says it was.

-- Derived: nobody can tell from the readings alone, and nobody has said yet.
alter table counter_jump add column doubtful boolean not null default false;
create index counter_jump_doubtful on counter_jump (at desc) where doubtful;

-- Said by a person, and therefore no derived row: it outlives every recount. It holds for the very step it was said of;
-- when late data change that step, the doubt is back.
create table counter_verdict (
  tag_id int not null references tag,
  at timestamptz not null,
  from_value double precision not null,
  to_value double precision not null,
  decision text not null check (decision in ('reset', 'rollover', 'wrong')),
  reason text not null,
  decided_at timestamptz not null,
  primary key (tag_id, at)
);
