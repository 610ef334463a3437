import { and, inArray, lte } from "drizzle-orm";
import { adjustment } from "#db/schema/execution/adjustments.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { stableId } from "#server/core/ids.ts";
import type { Schedule } from "#server/core/runner.ts";
import { beforeSending } from "./adjustments.rules.ts";
import { expireAdjustment } from "./send.commands.ts";

/** A proposal nobody decided, an approval that was never sent: over when its time is. */
const expiry: Schedule = {
  name: "adjustments.expiry",
  everyMs: 1000,
  run: async ({ tx, now }) => {
    const due = await tx
      .select({ id: adjustment.id, version: adjustment.version })
      .from(adjustment)
      .where(and(inArray(adjustment.state, [...beforeSending]), lte(adjustment.notAfter, new Date(now))));
    for (const { id, version } of due) {
      const actor = serviceActor("clock");
      await expireAdjustment.within({ tx, now, actor }, stableId(`expire:${id}:${version}`), {
        adjustmentId: id,
      });
    }
  },
};

export const adjustmentSchedules: Schedule[] = [expiry];
