-- What is no longer used stays with its history; a machine counts in the line where it stood when a shift began.

alter table equipment add column retired_at timestamptz;

alter table work_unit add column retired_at timestamptz;
alter table work_unit add column line_since timestamptz;
alter table work_unit add column line_before int references equipment;
