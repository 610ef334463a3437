import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import type { DeviationKind } from "#server/execution/detection/detection.contract.ts";
import type { Outcome } from "./predict.rules.ts";

/** The last twenty measured changes of rules of this kind on the same machine as this rule, newest first. */
export async function outcomesOfRule(db: Db | Tx, ruleId: number, kind: DeviationKind): Promise<Outcome[]> {
  const rows = await db.execute<Outcome & Record<string, unknown>>(sql`
    select a.new_value - a.old_value as "setpointChange",
      (a.verification -> 'process' ->> 'now')::float8 - (a.verification -> 'process' ->> 'before')::float8
        as "processChange",
      (a.verification -> 'kpi' -> 'before' ->> 'value')::float8 as "kpiBefore",
      (a.verification -> 'kpi' -> 'after' ->> 'value')::float8 as "kpiAfter"
    from adjustment a
    join detection_rule r on r.id = a.rule_id
    where r.kind = ${kind} and r.machine_id = (select machine_id from detection_rule where id = ${ruleId})
      and a.returns is null and a.state in ('helped', 'did_not_help')
    order by a.ended_at desc limit 20`);
  return [...rows];
}
