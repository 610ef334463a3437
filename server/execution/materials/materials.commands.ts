import { sql } from "drizzle-orm";
import { instant, periodOf, uuidArray } from "#db/sql.ts";
import { jobRunLot } from "#db/schema/execution/orders.ts";
import { lotHold } from "#db/schema/execution/production.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { lotAndDescendants } from "./genealogy.queries.ts";
import { HoldLot, LoadLot, ReleaseLot } from "./materials.contract.ts";
import { lotHeld, lotLoaded, lotReleased } from "./materials.facts.ts";
import { lotsForUse, materialsOf } from "./materials.queries.ts";

/** Freezes a lot, and unless told otherwise everything made from it, in one transaction. @returns the lots now on hold */
export const holdLot = defineCommand({
  name: "lot.hold",
  input: HoldLot,
  allow: () => ({ action: "lot.hold" }),
  run: async (context, { lotId, reason, descendants }) => {
    const { tx, now, actor } = context;
    const ids = descendants ? await lotAndDescendants(tx, lotId) : [lotId];
    const lots = await lotsForUse(tx, ids);
    if (!lots.some((l) => l.id === lotId)) throw new Refusal("not_found");
    const free = lots.filter((l) => l.disposition !== "restricted");
    if (free.length === 0) throw new Refusal("wrong_state", { state: "restricted" });
    for (const lot of free) {
      await tx.insert(lotHold).values({
        lotId: lot.id,
        rootLotId: lotId,
        reason,
        personId: actor.personId ?? null,
        byName: actor.name,
        at: new Date(now),
        dispositionBefore: lot.disposition,
      });
      context.audit({
        action: "lot.hold",
        objectType: "lot",
        objectId: lot.id,
        before: { disposition: lot.disposition },
        after: { disposition: "restricted" },
        reason,
      });
    }
    const held = free.map((l) => l.id);
    await tx.execute(sql`update lot set disposition = 'restricted' where id = any(${uuidArray(held)})`);
    const on = await tx.execute<{ machineId: number }>(sql`
      select distinct r.machine_id as "machineId" from job_run_lot l
      join job_run r on r.id = l.job_run_id and r.replaced_at is null and upper_inf(r.during)
      where l.lot_id = any(${uuidArray(held)}) and upper_inf(l.during)`);
    context.publish(lotHeld, "plant", { lotIds: held, reason, machineIds: on.map((r) => r.machineId) });
    return { lotIds: held };
  },
});

/** Frees one lot again; its descendants stay on hold until somebody decides on each. */
export const releaseLot = defineCommand({
  name: "lot.release",
  input: ReleaseLot,
  allow: () => ({ action: "lot.hold" }),
  run: async (context, { lotId, reason }) => {
    const { tx, now, actor } = context;
    const [lot] = await lotsForUse(tx, [lotId]);
    if (lot === undefined) throw new Refusal("not_found");
    if (lot.disposition !== "restricted") throw new Refusal("wrong_state", { state: lot.disposition });
    const [hold] = await tx.execute<{ before: string }>(sql`
      update lot_hold set released_at = ${instant(now)}, released_by = ${actor.name}, release_reason = ${reason}
      where lot_id = ${lotId} and released_at is null returning disposition_before as before`);
    const disposition = hold?.before ?? "unrestricted";
    await tx.execute(sql`update lot set disposition = ${disposition} where id = ${lotId}`);
    context.audit({
      action: "lot.release",
      objectType: "lot",
      objectId: lotId,
      before: { disposition: "restricted" },
      after: { disposition },
      reason,
    });
    context.publish(lotReleased, "plant", { lotIds: [lotId], reason });
    return { lotIds: [lotId] };
  },
});

type OpenRun = { runId: string; productId: string; start: number } & Record<string, unknown>;

/**
 * Puts a material lot on what runs at a position. The lot of the same material comes off at the same instant, so
 * that each part has one. @throws Refusal no_job, lot_on_hold, lot_mismatch
 */
export const loadLot = defineCommand({
  name: "lot.load",
  input: LoadLot,
  allow: ({ machineId }) => ({ action: "job.run", scope: { machineId } }),
  run: async (context, { machineId, position, lotId, at: given }) => {
    const { tx, now } = context;
    await tx.execute(sql`select from work_unit where id = ${machineId} for no key update`);
    const [run] = await tx.execute<OpenRun>(sql`
      select r.id as "runId", o.product_id as "productId", (extract(epoch from lower(r.during)) * 1000)::float8 as start
      from job_run r join job j on j.id = r.job_id join production_order o on o.id = j.order_id
      where r.machine_id = ${machineId} and r.position = ${position} and r.replaced_at is null and upper_inf(r.during)`);
    if (run === undefined) throw new Refusal("no_job");
    const at = given ?? now;
    if (at < run.start || at > now) throw new Refusal("invalid", { problem: "outside the job's time" }, "at");
    const [lot] = await lotsForUse(tx, [lotId]);
    if (lot === undefined) throw new Refusal("not_found", {}, "lotId");
    if (lot.disposition === "restricted") throw new Refusal("lot_on_hold", { lot: lot.code });
    const bill = await materialsOf(tx, run.productId, run.start);
    const fits =
      lot.materialId === null || bill.length === 0 || bill.some((b) => b.materialId === lot.materialId);
    if (!fits || lot.disposition === "closed") throw new Refusal("lot_mismatch", { lot: lot.code });
    const same = lot.materialId === null ? sql`l.lot_id = ${lotId}` : sql`o.material_id = ${lot.materialId}`;
    const on = await tx.execute<{ id: number; lotId: string; start: number }>(sql`
      select l.id::float8 as id, l.lot_id as "lotId", (extract(epoch from lower(l.during)) * 1000)::float8 as start from job_run_lot l join lot o on o.id = l.lot_id
      where l.job_run_id = ${run.runId} and l.role = 'in' and upper_inf(l.during) and ${same}`);
    if (on.some((o) => o.lotId === lotId)) return { runId: run.runId };
    if (on.some((o) => o.start > at)) throw new Refusal("conflict", {}, "at");
    for (const off of on)
      await tx.execute(sql`update job_run_lot set during = ${periodOf(off.start, at)} where id = ${off.id}`);
    await tx
      .insert(jobRunLot)
      .values({ jobRunId: run.runId, lotId, role: "in", during: { start: at, end: null } });
    context.audit({
      action: "lot.load",
      objectType: "lot",
      objectId: lotId,
      machineId,
      after: { runId: run.runId, position, at },
      before: { lotIds: on.map((o) => o.lotId) },
    });
    context.publish(lotLoaded, `machine:${machineId}`, { machineId, position, lotId, runId: run.runId, at });
    return { runId: run.runId };
  },
});
