import { z } from "zod";
import { defineCommand } from "#server/core/command.ts";
import { lockAdjustment, step } from "./record.ts";

/** A proposal whose deviation is over goes away by itself, before anybody decided. */
export const withdrawProposal = defineCommand({
  name: "adjustment.withdraw",
  input: z.object({ adjustmentId: z.uuid() }),
  allow: () => ({ action: "system.act" }),
  run: async (context, { adjustmentId }) => {
    const row = await lockAdjustment(context.tx, adjustmentId);
    if (row.state !== "proposed" || row.authorKind !== "rule") return {};
    await step(context, row, { move: "reject", event: "withdrawn" });
    return {};
  },
});
