import { lte } from "drizzle-orm";
import { workUnit } from "#db/schema/execution/plant.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { stableId } from "#server/core/ids.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { Schedule } from "#server/core/runner.ts";
import { leaveMachine } from "./areas.commands.ts";

/** Machines whose time has come are put away; one on which something still runs or is planned is asked again. */
const leave: Schedule = {
  name: "plant.leave",
  everyMs: 60_000,
  run: async ({ tx, now }) => {
    const due = await tx
      .select({ machineId: workUnit.id, at: workUnit.leavesAt })
      .from(workUnit)
      .where(lte(workUnit.leavesAt, new Date(now)));
    for (const { machineId, at } of due) {
      const id = stableId(`leave:${machineId}:${at?.getTime() ?? 0}`);
      try {
        await tx.transaction((inner) =>
          leaveMachine.within({ tx: inner, now, actor: serviceActor("plant") }, id, { machineId }),
        );
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
  },
};

export const plantSchedules: Schedule[] = [leave];
