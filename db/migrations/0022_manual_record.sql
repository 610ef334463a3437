-- A shift record says whether it rests on what people said by hand: that stays true after a source has taken over.
alter table oee_shift add column manual boolean not null default false;

update oee_shift o set manual = true
where exists (
  select from tag t join source s on s.id = t.source_id and s.driver = 'manual' join reading r on r.tag_id = t.id
  where t.machine_id = o.machine_id
    and r.source_ts >= lower(o.during) - interval '12 h' and r.source_ts < upper(o.during));
