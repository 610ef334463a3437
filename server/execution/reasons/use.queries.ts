import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { periodOf } from "#db/sql.ts";
import type { ReasonUse } from "./reasons.contract.ts";

/**
 * How many stops each reason stands for in [from, to), ms, and for how much time: what a person said, the newest word
 * about an instant, and for the rest of a stop what its fault code means. `reasonId` null = nobody said why.
 */
export async function reasonUse(db: Db | Tx, from: number, to: number): Promise<ReasonUse[]> {
  return db.execute<ReasonUse & Record<string, unknown>>(sql`
    with s as (
      select s.id, s.machine_id, s.during * ${periodOf(from, to)} as during, f.reason_id as meant
      from stop s join work_unit w on w.id = s.machine_id
      left join fault_reason f on f.machine_kind = w.kind and f.fault = coalesce(s.fault, s.word)
      where s.during && ${periodOf(from, to)}
    ), said as (
      select s.id, e.id as nth, e.reason_id, s.during * e.during as part
      from s join stop_explanation e on e.machine_id = s.machine_id and e.during && s.during
    ), spoken as (
      select id, range_agg(part) as parts from said group by id
    ), part as (
      select a.id, a.reason_id, unnest(tstzmultirange(a.part) - coalesce(
        (select range_agg(later.part) from said later where later.id = a.id and later.nth > a.nth), '{}')) as r
      from said a
      union all
      select s.id, s.meant, unnest(tstzmultirange(s.during) - coalesce(spoken.parts, '{}'))
      from s left join spoken on spoken.id = s.id
    )
    select reason_id as "reasonId", count(distinct id)::int as stops,
      (sum(extract(epoch from upper(r) - lower(r))) * 1000)::float8 as ms
    from part group by reason_id order by ms desc`);
}
