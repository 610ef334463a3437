import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { oeeShift } from "#db/schema/enterprise/oee.ts";
import { instant } from "#db/sql.ts";
import { lockCounts, recount } from "#server/execution/counters/recount.ts";
import { lockStates, stateMachines } from "#server/execution/machine-state/evidence.ts";
import { rebuildStates } from "#server/execution/machine-state/rebuild.ts";
import { shiftById } from "#server/execution/shifts/shifts.queries.ts";
import { computeOee } from "./oee.queries.ts";
import { sameNumbers } from "./records.ts";
import { recordOf } from "./report.queries.ts";

export interface Difference {
  readonly machineId: number;
  readonly what: "state" | "stop" | "count" | "jump" | "oee";
  /** One row as text: stored and not recomputed (−), or recomputed and not stored (+). */
  readonly row: string;
}

class Undo extends Error {}

/**
 * Derives states, stops, counts and shift records of machines again from nothing but stored readings, and says where
 * the stored ones differ. Everything happens in one transaction that is undone. Rows that begin before `from` (−∞ = all
 * that is stored) or end after `until` are left out: what is open is judged by the clock (a silence, a micro-stop).
 */
export async function recompute(
  db: Db,
  machineIds: readonly number[],
  from: number,
  until: number,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  await db
    .transaction(async (tx) => {
      await lockStates(tx, machineIds);
      await lockCounts(tx, machineIds);
      for (const machine of await stateMachines(tx, machineIds)) {
        const stored = await derived(tx, machine.id, from, until);
        const records = await closedRecords(tx, machine.id, from, until);
        for (const table of ["machine_state", "stop", "count_bucket", "counter_jump"])
          await tx.execute(sql`delete from ${sql.identifier(table)} where machine_id = ${machine.id}`);
        await rebuildStates(tx, machine, { from, to: until, faults: true }, until);
        await recount(tx, machine.id, from, until);
        const fresh = await derived(tx, machine.id, from, until);
        for (const [what, rows] of Object.entries(stored) as [Difference["what"], string[]][]) {
          const again = fresh[what as keyof typeof fresh] ?? [];
          for (const row of rows.filter((r) => !again.includes(r)))
            differences.push({ machineId: machine.id, what, row: `- ${row}` });
          for (const row of again.filter((r) => !rows.includes(r)))
            differences.push({ machineId: machine.id, what, row: `+ ${row}` });
        }
        for (const { shiftId, record } of records) {
          const shift = await shiftById(tx, shiftId);
          if (shift === undefined) continue;
          const again = await computeOee(tx, machine.id, [shift], shift.start, shift.end);
          if (!sameNumbers(record, again))
            differences.push({ machineId: machine.id, what: "oee", row: `± shift ${shiftId}` });
        }
      }
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });
  return differences;
}

async function derived(
  tx: Tx,
  machineId: number,
  from: number,
  until: number,
): Promise<Record<Exclude<Difference["what"], "oee">, string[]>> {
  const rows = (query: ReturnType<typeof sql>) =>
    tx.execute<{ row: string }>(query).then((r) => r.map((x) => x.row));
  const start = instant(from);
  const end = instant(until);
  return {
    state: await rows(sql`
      select concat_ws(' ', during::text, word, fault) as row from machine_state
      where machine_id = ${machineId} and lower(during) >= ${start} and upper(during) < ${end}`),
    stop: await rows(sql`
      select concat_ws(' ', during::text, word, fault) as row from stop
      where machine_id = ${machineId} and lower(during) >= ${start} and upper(during) < ${end}`),
    count: await rows(sql`
      select concat_ws(' ', start, job_id, good, scrap, cycles, round(ideal_ms::numeric, 3), round(ideal_good_ms::numeric, 3), without_standard) as row
      from count_bucket where machine_id = ${machineId} and start >= ${start} + interval '10 s' and start < ${end} - interval '10 s'`),
    jump: await rows(sql`
      select concat_ws(' ', tag_id, at, from_value, to_value, decision, delta) as row
      from counter_jump where machine_id = ${machineId} and at >= ${start} + interval '10 s' and at < ${end} - interval '10 s'`),
  };
}

async function closedRecords(tx: Tx, machineId: number, from: number, until: number) {
  const rows = await tx.select().from(oeeShift)
    .where(sql`machine_id = ${machineId} and superseded_at is null and closed and lower(during) >= ${instant(from)} and upper(during) <= ${instant(until)}
      and not exists (select from oee_dirty d where d.machine_id = ${machineId} and d.shift_id = oee_shift.shift_id)`);
  return rows.map((row) => ({ shiftId: row.shiftId, record: recordOf(row) }));
}
