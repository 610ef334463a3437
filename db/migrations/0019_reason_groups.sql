-- Stop reasons stand in groups, so that somebody before a stopped machine reads three headings instead of twenty-five
-- words. A group has no meaning of its own: how a reason counts is said by the reason.
create table stop_reason_group (
  id int generated always as identity primary key,
  code text not null unique,
  name text not null,
  position int not null default 0
);
create unique index stop_reason_group_name on stop_reason_group (lower(name));

alter table stop_reason add column group_id int references stop_reason_group;
create index stop_reason_of_group on stop_reason (group_id);
