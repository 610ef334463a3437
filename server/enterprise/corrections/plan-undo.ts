import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, uuidArray } from "#db/sql.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { CountAt } from "./corrections.rules.ts";
import type { Plan, StateChange } from "./plan.ts";
import { runsWhere } from "./stored-runs.ts";

/**
 * The opposite of an earlier correction: what it hid stands again as a new version, what it wrote is hidden, parts are
 * taken back, states return. @throws Refusal later_correction where something was changed since that stands on it
 */
export async function planUndo(tx: Tx, correctionId: string): Promise<Plan> {
  const [found] = await tx.execute<{ states: StateChange[]; undone: boolean }>(sql`
    select states, exists (select from correction u where u.undoes = c.id) as undone from correction c
    where id = ${correctionId} for no key update`);
  if (found === undefined) throw new Refusal("not_found", {}, "correctionId");
  if (found.undone) throw new Refusal("already_decided");
  const rows = await tx.execute<{ runId: string; role: string; same: boolean }>(sql`
    select c.run_id as "runId", c.role, r.during = c.during as same from correction_run c join job_run r on r.id = c.run_id
    where c.correction_id = ${correctionId}`);
  const runs = await runsWhere(tx, sql`r.id = any(${uuidArray(rows.map((row) => row.runId))})`);
  const of = (role: string) =>
    runs.filter((run) => rows.some((row) => row.runId === run.id && row.role === role));
  const written = of("written");
  if (written.some((run) => run.replaced) || rows.some((row) => row.role === "written" && !row.same))
    throw new Refusal("later_correction");
  for (const { what, id, after } of found.states)
    if ((await stateOf(tx, what, id)) !== after) throw new Refusal("later_correction");
  const counts = await tx.execute<CountAt & { machineId: number } & Record<string, unknown>>(sql`
    select machine_id as "machineId", ${epochMs(sql`at`)} as at, -good as good, -scrap as scrap from count_correction
    where correction_id = ${correctionId} order by at`);
  return {
    hide: written,
    write: of("hidden"),
    counts: [...counts],
    states: found.states.map(({ before, after, ...one }) => ({ ...one, before: after, after: before })),
    counted: null,
    undoes: correctionId,
  };
}

/** A job's or order's state, or the machine a job is planned for, as text. */
async function stateOf(tx: Tx, what: StateChange["what"], id: string): Promise<string | undefined> {
  const [row] = await tx.execute<{ state: string }>(
    what === "order"
      ? sql`select state from production_order where id = ${id} for update`
      : what === "job"
        ? sql`select state from job where id = ${id} for update`
        : sql`select machine_id::text as state from job where id = ${id} for update`,
  );
  return row?.state;
}
