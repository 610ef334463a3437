import { and, eq, lte } from "drizzle-orm";
import { alarm } from "#db/schema/execution/alarms.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { stableId } from "#server/core/ids.ts";
import type { Schedule } from "#server/core/runner.ts";
import { expireShelf } from "./alarms.commands.ts";

/** A shelf's end is an instant in the database, so that it survives a restart. */
const shelves: Schedule = {
  name: "alarms.shelves",
  everyMs: 1000,
  run: async ({ tx, now }) => {
    const due = await tx
      .select({ id: alarm.id, version: alarm.version })
      .from(alarm)
      .where(and(eq(alarm.state, "shelved"), lte(alarm.shelvedUntil, new Date(now))));
    for (const { id, version } of due) {
      const actor = serviceActor("alarms");
      await expireShelf.within({ tx, now, actor }, stableId(`unshelve:${id}:${version}`), { alarmId: id });
    }
  },
};

export const alarmSchedules: Schedule[] = [shelves];
