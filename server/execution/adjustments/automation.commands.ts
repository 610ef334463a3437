import { and, eq, inArray } from "drizzle-orm";
import { adjustment, tagSuspension } from "#db/schema/execution/adjustments.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { Scope } from "#server/core/access.rules.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { SetAutomation } from "./adjustments.contract.ts";
import { automationChanged } from "./adjustments.facts.ts";
import { moveAdjustment } from "./adjustments.rules.ts";
import { lockAdjustment, step } from "./record.ts";

/**
 * One touch turns a machine's automation off, from the station and without a login; what was about to be sent is
 * blocked in the same moment. On again, or the end of one set-point's suspension, is a supervisor's word.
 */
export const setAutomation = defineCommand({
  name: "automation.set",
  input: SetAutomation,
  allow: ({ machineId, on }) => {
    const scope: Scope = { machineId };
    return { action: on ? "automation.on" : "automation.off", scope };
  },
  run: async (context, { machineId, on, tagId }) => {
    const { tx } = context;
    const [machine] = await tx.select().from(workUnit).where(eq(workUnit.id, machineId)).for("update");
    if (machine === undefined) throw new Refusal("not_found");
    if (tagId !== undefined) {
      if (!on) throw new Refusal("invalid", { problem: "tagId" }, "tagId");
      const [ended] = await tx
        .delete(tagSuspension)
        .where(and(eq(tagSuspension.tagId, tagId), eq(tagSuspension.machineId, machineId)))
        .returning();
      if (ended === undefined) return { machineId, on };
    } else {
      if (machine.automationOff === !on) return { machineId, on };
      await tx.update(workUnit).set({ automationOff: !on }).where(eq(workUnit.id, machineId));
    }
    context.audit({
      action: on ? "automation.on" : "automation.off",
      objectType: tagId === undefined ? "machine" : "tag",
      objectId: String(tagId ?? machineId),
      machineId,
      before: { on: !on },
      after: { on },
    });
    context.publish(automationChanged, `machine:${machineId}`, { machineId, tagId: tagId ?? null, on });
    if (!on) {
      const waiting = await tx
        .select({ id: adjustment.id })
        .from(adjustment)
        .where(
          and(eq(adjustment.machineId, machineId), inArray(adjustment.state, ["approved", "announced"])),
        );
      for (const { id } of waiting) {
        const row = await lockAdjustment(tx, id);
        if (moveAdjustment(row.state, "block") === null) continue;
        const why = { code: "automation_off" as const, params: {} };
        await step(context, row, { move: "block", event: "blocked", why, set: { sendAt: null } });
      }
    }
    return { machineId, on };
  },
});
