import { correction as correctionTable } from "#db/schema/execution/corrections.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { countsChanged } from "#server/execution/counters/counters.facts.ts";
import { pastChanged } from "#server/execution/machine-state/machine-state.facts.ts";
import { jobCorrected, orderChanged, queueChanged } from "#server/execution/orders/orders.facts.ts";
import { isBeforeRunningShift } from "#server/execution/shifts/shifts.queries.ts";
import { type Correction, SaveCorrection } from "./corrections.contract.ts";
import { correctionSaved } from "./corrections.facts.ts";
import { workOut, type WorkedOut } from "./work-out.ts";

/**
 * Says what really was. Versions are appended, counts are made anew, closed shifts get a newer record that names who
 * and why. Saved is what was looked at: @throws Refusal preview_changed when the plant changed since, and as the plan
 */
export const saveCorrection = defineCommand({
  name: "correction.save",
  input: SaveCorrection,
  allow: ({ correction }) => ({ action: "job.correct", scope: { machineId: correction.machineId } }),
  run: async (context, { correction, asOf, fingerprint, reason }) => {
    const { tx, now, actor } = context;
    if (asOf > now) throw new Refusal("invalid", { problem: "in the future" }, "asOf");
    const id = crypto.randomUUID();
    const worked = await workOut({ tx, now, asOf, actor, id }, correction);
    const { plan, preview } = worked;
    if (preview.fingerprint !== fingerprint) throw new Refusal("preview_changed");
    await tx.insert(correctionTable).values({
      id,
      kind: correction.kind,
      machineId: correction.machineId,
      input: correction,
      preview,
      states: [...plan.states],
      reason,
      personId: actor.personId ?? null,
      byName: actor.name,
      at: new Date(now),
      undoes: plan.undoes,
    });
    audit(context, id, correction, worked, reason);
    await tell(context, id, worked);
    context.publish(correctionSaved, "plant", { correctionId: id, machineId: correction.machineId });
    return { correctionId: id };
  },
});

function audit(
  context: CommandContext,
  id: string,
  correction: Correction,
  { preview }: WorkedOut,
  reason: string,
): void {
  const side = (which: "before" | "after") => ({
    runs: preview.runs.map((run) => ({ order: run.orderCode, run: run[which] })),
    jobs: preview.jobs.map((job) => ({ order: job.orderCode, ...job[which] })),
    lots: preview.lots.map((lot) => ({ lot: lot.code, quantity: lot[which] })),
    shifts: preview.shifts.map((shift) => ({
      shiftId: shift.shiftId,
      machineId: shift.machineId,
      ...shift[which],
    })),
  });
  context.audit({
    action: "correction.save",
    objectType: "correction",
    objectId: id,
    machineId: correction.machineId,
    before: side("before"),
    after: { correction, ...side("after") },
    reason,
  });
}

/** Readings of that time belong to something else now: whoever made figures of them makes them again. */
async function tell(
  context: CommandContext,
  correctionId: string,
  { plan, windows, written }: WorkedOut,
): Promise<void> {
  const { tx, now } = context;
  for (const machineId of new Set(windows.map((one) => one.machineId))) {
    const here = windows.filter((one) => one.machineId === machineId);
    const from = Math.min(...here.map((one) => one.from));
    const to = Math.max(...here.map((one) => one.to));
    const scope = `machine:${machineId}`;
    const standing = plan.write.map((run, i) => ({ ...run, id: written[i] ?? run.id }));
    const run = [...standing, ...plan.hide].find((one) => one.machineId === machineId);
    if (run !== undefined) {
      const { position, jobId, orderId, productId, id: runId, start } = run;
      context.publish(jobCorrected, scope, {
        machineId,
        position,
        jobId,
        orderId,
        productId,
        runId,
        at: start,
        from,
        to,
      });
    }
    if (plan.counts.length > 0) context.publish(countsChanged, scope, { machineId, at: to });
    if (await isBeforeRunningShift(tx, machineId, from, now))
      context.publish(pastChanged, scope, { machineId, from, to, correctionId });
    if (plan.states.length > 0) context.publish(queueChanged, scope, { machineId });
  }
  for (const { what, id, after } of plan.states)
    if (what === "order") context.publish(orderChanged, "plant", { orderId: id, state: after });
}
