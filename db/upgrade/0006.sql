-- Rows as the floor makes them, beside those that fit by their types alone: one of every meaning of a tag.
insert into tag (source_id, machine_id, metric, name, meaning, datatype)
select s.id, m.id, 'upgrade/' || v, v, v, case when v in ('state', 'fault') then 'text' else 'number' end
from (select min(id) as id from source) s, (select min(id) as id from work_unit) m,
  unnest(array['state', 'fault', 'good', 'scrap', 'cycles', 'cycle_time', 'guard', 'remote', 'measurement', 'setpoint',
    'material', 'energy']) v;
