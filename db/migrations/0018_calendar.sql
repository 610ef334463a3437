-- Days on which a line works otherwise than its patterns say: holidays, overtime, a Saturday on which we run. Whoever
-- takes one back leaves it here, out of force.
create table calendar_exception (
  id int generated always as identity primary key,
  -- null = every line
  line_id int references equipment,
  day date not null,
  kind text not null check (kind in ('closed', 'as_weekday', 'extra', 'changed', 'dropped')),
  -- as_weekday: the day runs like this one, 1 = Monday
  weekday int check (weekday between 1 and 7),
  -- changed, dropped: which pattern's shift
  pattern_id int references shift_pattern,
  -- extra: its name; extra, changed: its times
  name text,
  start_local time,
  end_local time,
  reason text not null,
  active boolean not null default true
);
create index calendar_exception_day on calendar_exception (day) where active;

-- Patterns that follow one another by a dated change are one record for people: its history hangs on the first one's id.
alter table shift_pattern add column series_id int;
update shift_pattern set series_id = id;
