import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { Service } from "#server/core/services.ts";
import { receiveLot } from "#server/execution/materials/receiving.commands.ts";
import { materialsOf } from "#server/execution/materials/materials.queries.ts";
import { finishJob, startJob } from "#server/execution/orders/orders.commands.ts";
import { type MachineJob, runningJobs, waitingJobs } from "#server/execution/orders/orders.queries.ts";
import { createOrder } from "#server/execution/orders/planning.commands.ts";
import { demoMachines, materials, orderQuantity, productOf } from "./catalogue.ts";
import { demoHand } from "./seed.ts";

export interface OrdersRunnerDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly speed: number;
}

const everyMs = 2000;
/** Jobs that wait in front of a machine. */
const waitingLeast = 3;

/**
 * Keeps the demo plant's orders flowing as people would: ends a job whose quantity is made, begins the next one with a
 * lot of its material, and makes new orders. A paused job is somebody's decision: nothing is begun there meanwhile.
 */
export function createOrdersRunner(deps: OrdersRunnerDeps): Service & { round(): Promise<void> } {
  const { clock, log } = deps;
  let loop: Promise<void> | undefined;
  const abort = new AbortController();
  const round = () => runRound(deps);
  return {
    name: "demo orders",
    round,
    start() {
      loop = (async () => {
        while (!abort.signal.aborted) {
          try {
            await round();
          } catch (error) {
            // The database is away, or a person was quicker: the next round sees what stands then.
            log.debug({ err: error }, "demo orders wait");
          }
          await clock.sleep(everyMs, abort.signal);
        }
      })();
    },
    async stop() {
      abort.abort();
      await loop;
    },
  };
}

async function runRound(deps: OrdersRunnerDeps): Promise<void> {
  const { db, clock, log } = deps;
  const machines = await db
    .select({ id: workUnit.id, code: workUnit.code, positions: workUnit.positions })
    .from(workUnit);
  const known = machines.filter((m) => demoMachines.some((d) => d.code === m.code));
  const ids = known.map((m) => m.id);
  const running = await runningJobs(db, ids, clock.now());
  const done = running.filter((j) => j.good >= j.quantity);
  for (const job of done) await attempt(log, () => finish(deps, job));
  const waiting = await waitingJobs(db, ids, clock.now());
  for (const machine of known) {
    const queue = waiting.filter((j) => j.machineId === machine.id);
    const ready = queue.filter((j) => j.state === "ready");
    const taken = new Set(
      running.filter((j) => j.machineId === machine.id && !done.includes(j)).map((j) => j.position),
    );
    const held = queue.some((j) => j.state === "paused");
    for (let position = 1; position <= machine.positions && !held; position++) {
      if (taken.has(position)) continue;
      const next = ready.shift();
      if (next !== undefined) await attempt(log, () => start(deps, next, position));
    }
    for (let n = ready.length; n < waitingLeast; n++)
      await attempt(log, () => order(deps, machine.id, machine.code));
  }
}

async function attempt(log: Logger, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log.debug({ refusal: error.code, params: error.params }, "demo orders: refused");
  }
}

async function finish({ db, clock }: OrdersRunnerDeps, job: MachineJob): Promise<void> {
  await finishJob.execute({ db, clock }, demoHand, crypto.randomUUID(), {
    machineId: job.machineId,
    jobId: job.jobId,
    out: { code: `L-${job.orderCode}`, quantity: job.good, location: "Hall 1" },
  });
}

async function start(deps: OrdersRunnerDeps, job: MachineJob, position: number): Promise<void> {
  const { db, clock } = deps;
  const lotIds: string[] = [];
  for (const { materialId, perPart } of await materialsOf(db, job.productId, deps.clock.now()))
    lotIds.push(await lotFor(deps, materialId, job.quantity * perPart));
  if (job.productCode === "CAP-28T" || job.productCode === "PACK-10")
    lotIds.push(...(await partsFor(db, job.productCode, job.quantity)));
  await startJob.execute({ db, clock }, demoHand, crypto.randomUUID(), {
    machineId: job.machineId,
    jobId: job.jobId,
    position,
    lotIds,
  });
}

/** A lot with enough left for the whole job, so that none is changed in the middle; a new one is received if need be. */
async function lotFor({ db, clock }: OrdersRunnerDeps, materialId: string, needed: number): Promise<string> {
  const [found] = await db.execute<{ id: string }>(sql`
    select id from lot where material_id = ${materialId} and disposition = 'unrestricted' and quantity >= ${needed * 1.3}
    order by code limit 1`);
  if (found !== undefined) return found.id;
  const [row] = await db.execute<{ code: string; n: number }>(sql`
    select m.code, (select count(*)::int from lot where material_id = m.id) as n from material m where m.id = ${materialId}`);
  const kind = materials.find((m) => m.code === row?.code);
  const { lotId } = await receiveLot.execute({ db, clock }, demoHand, crypto.randomUUID(), {
    code: `${kind?.prefix ?? "LOT"}-${1001 + (row?.n ?? 0)}`,
    materialId,
    quantity: Math.max(kind?.lotQuantity ?? 0, Math.ceil(needed * 5)),
    location: "Store",
  });
  return lotId;
}

/** Lots of what the machine before made that nobody used yet, the oldest first, as many as the job needs. */
async function partsFor(db: Db, productCode: string, quantity: number): Promise<string[]> {
  const from = productCode === "CAP-28T" ? "CAP-28" : "CAP-28T";
  const rows = await db.execute<{ id: string }>(sql`
    select id from (
      select l.id, l.code, coalesce(sum(l.quantity) over (order by l.code rows between unbounded preceding and 1 preceding), 0) as before
      from lot l join product p on p.id = l.product_id
      where p.code = ${from} and l.disposition = 'unrestricted'
        and not exists (select from job_run_lot j where j.lot_id = l.id and j.role = 'in')) waiting
    where before < ${quantity} * (
      select b.per_part from bill_of_material b join product p on p.id = b.product_id join product c on c.id = b.component_id
      where p.code = ${productCode} and c.code = ${from} and upper_inf(b.during))
    order by code limit 8`);
  return rows.map((r) => r.id);
}

async function order(
  { db, clock, speed }: OrdersRunnerDeps,
  machineId: number,
  machineCode: string,
): Promise<void> {
  const made = productOf(machineCode);
  const [last] = await db.execute<{ n: number; product: string | null }>(sql`
    select coalesce(max(substring(code from 4)::int), 24000) as n, (select id from product where code = ${made.code}) as product
    from production_order where code ~ '^PO-[0-9]{1,9}$'`);
  if (last === undefined || last.product === null) return;
  await createOrder.execute({ db, clock }, demoHand, crypto.randomUUID(), {
    code: `PO-${last.n + 1}`,
    productId: last.product,
    quantity: orderQuantity(made, speed),
    due: clock.now() + 24 * 3_600_000,
    jobs: [{ machineId, operation: made.operation }],
  });
}
