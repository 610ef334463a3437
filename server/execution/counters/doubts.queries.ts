import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import { ifRollover } from "./counters.rules.ts";
import type { CounterDoubtFilter, CounterDoubtView } from "./doubts.contract.ts";

type Row = Omit<CounterDoubtView, "ifRollover"> & { modulus: number | null } & Record<string, unknown>;

/** Counters that went down and left a doubt, newest first: those nobody has decided, or those somebody has. */
export async function listCounterDoubts(
  db: Db | Tx,
  { show, limit }: CounterDoubtFilter,
): Promise<CounterDoubtView[]> {
  return doubtsWhere(db, show, sql`true`, limit);
}

/** The doubt at one reading of one counter, open or decided. */
export async function counterDoubt(
  db: Db | Tx,
  tagId: number,
  at: number,
): Promise<CounterDoubtView | undefined> {
  const here = sql`s.tag_id = ${tagId} and s.at = ${instant(at)}`;
  return (await doubtsWhere(db, "open", here, 1))[0] ?? (await doubtsWhere(db, "decided", here, 1))[0];
}

async function doubtsWhere(
  db: Db | Tx,
  show: CounterDoubtFilter["show"],
  condition: ReturnType<typeof sql>,
  limit: number,
): Promise<CounterDoubtView[]> {
  const open = sql`
    select tag_id, at, from_value, to_value, decision, delta, null::text as reason from counter_jump where doubtful`;
  // A word that was said of a step as it is no more stays in the record and decides nothing: it is not shown.
  const decided = sql`
    select v.tag_id, v.at, v.from_value, v.to_value, v.decision, coalesce(j.delta, 0) as delta, v.reason
    from counter_verdict v left join counter_jump j on j.tag_id = v.tag_id and j.at = v.at
    where v.decision = 'wrong' or (j.from_value = v.from_value and j.to_value = v.to_value)`;
  const rows = await db.execute<Row>(sql`
    select s.tag_id as "tagId", t.name as "tagName", t.meaning, t.machine_id as "machineId", w.code as "machineCode",
      w.name as "machineName", ${epochMs(sql`s.at`)} as at, s.from_value as "from", s.to_value as "to", s.decision,
      s.delta as counted, t.modulus, ${show}::text as state, s.reason
    from (${show === "open" ? open : decided}) s
    join tag t on t.id = s.tag_id join work_unit w on w.id = t.machine_id
    where ${condition} order by s.at desc, s.tag_id limit ${limit}`);
  return rows.map(({ modulus, ...row }) => ({ ...row, ifRollover: ifRollover(row.from, row.to, modulus) }));
}
