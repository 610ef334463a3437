import { retentionTrim } from "#db/schema/core/house.ts";
import { defineCommand } from "#server/core/command.ts";
import { readRetention } from "./house.queries.ts";
import { Retention } from "./retention.contract.ts";
import { whyNotRetention } from "./retention.rules.ts";
import { keepSetting } from "./setting.ts";

/**
 * How long what is kept. Holds at once for what comes in (a reading older than its class's length becomes a dead
 * letter), and from the schedule's next round on for what is stored. @throws Refusal rollups_shorter
 */
export const setRetention = defineCommand({
  name: "retention.set",
  input: Retention,
  allow: () => ({ action: "house.manage" }),
  run: async (context, after) => {
    const why = whyNotRetention(after);
    if (why !== null) throw why;
    const before = await readRetention(context.tx);
    await keepSetting(context, { key: "retention", action: "retention.set", before, after });
    // A class that is kept longer again may get late readings on days that it had been deleted from.
    await context.tx.delete(retentionTrim);
    return {};
  },
});
