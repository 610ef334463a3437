import { and, eq, inArray } from "drizzle-orm";
import { deadLetter } from "#db/schema/edge/ingest.ts";
import { defineCommand } from "#server/core/command.ts";
import { DiscardDeadLetters } from "./dead-letters.contract.ts";

/** Puts dead letters away, with a reason. They stay in the record. @returns how many were open */
export const discardDeadLetters = defineCommand({
  name: "deadletter.discard",
  input: DiscardDeadLetters,
  allow: () => ({ action: "deadletter.manage" }),
  run: async (context, { ids, reason }) => {
    const rows = await context.tx
      .update(deadLetter)
      .set({ state: "discarded", note: reason })
      .where(and(inArray(deadLetter.id, ids), eq(deadLetter.state, "open")))
      .returning({ id: deadLetter.id });
    for (const { id } of rows) {
      context.audit({
        action: "deadletter.discard",
        objectType: "dead_letter",
        objectId: String(id),
        reason,
      });
    }
    return { discarded: rows.length };
  },
});
