import { sql } from "drizzle-orm";
import { epochMs, instant } from "#db/sql.ts";
import { stopExplanation } from "#db/schema/execution/production.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { isBeforeRunningShift } from "../shifts/shifts.queries.ts";
import { ExplainStop } from "./machine-state.contract.ts";
import { pastChanged, stopExplained } from "./machine-state.facts.ts";
import { stopReasons } from "./stops.queries.ts";

/**
 * Gives a stop its reason, or one part of it (which splits it). Statements are kept; the newest about an instant stands,
 * and counts from the start of the stop, however late it is said.
 */
export const explainStop = defineCommand({
  name: "stop.explain",
  input: ExplainStop,
  allow: ({ machineId }) => ({ action: "stop.explain", scope: { machineId } }),
  run: async (context, { machineId, stopId, reasonId, comment, from, to }) => {
    const { tx, now, actor } = context;
    const [stop] = await tx.execute<{ start: number; end: number | null }>(sql`
      select ${epochMs(sql`lower(during)`)} as start, ${epochMs(sql`upper(during)`)} as "end"
      from stop where id = ${stopId} and machine_id = ${machineId}`);
    if (stop === undefined) throw new Refusal("not_found", {}, "stopId");
    const reason = (await stopReasons(tx, machineId, now)).find((r) => r.id === reasonId);
    if (reason === undefined) throw new Refusal("not_found", {}, "reasonId");
    // Said about the time that is known to be stopped; what the stop grows by takes its last reason.
    const start = Math.max(from ?? stop.start, stop.start);
    const end = Math.min(to ?? Infinity, stop.end ?? now);
    if (start >= end) throw new Refusal("invalid", { problem: "outside the stop" }, "from");
    const [before] = await tx.execute<{ reasonId: number }>(sql`
      select reason_id as "reasonId" from stop_explanation
      where machine_id = ${machineId} and during @> ${instant(start)} order by id desc limit 1`);
    await tx.insert(stopExplanation).values({
      machineId,
      during: { start, end },
      reasonId,
      comment: comment ?? null,
      personId: actor.personId ?? null,
      byName: actor.name,
      at: new Date(now),
    });
    context.audit({
      action: "stop.explain",
      objectType: "stop",
      objectId: stopId,
      machineId,
      before: before ?? null,
      after: { reasonId, code: reason.code, start, end },
      reason: comment,
    });
    context.publish(stopExplained, `machine:${machineId}`, { machineId, stopId, reasonId, start, end });
    if (await isBeforeRunningShift(tx, machineId, start, now))
      context.publish(pastChanged, `machine:${machineId}`, { machineId, from: start, to: end });
    return { stopId, reasonId };
  },
});
