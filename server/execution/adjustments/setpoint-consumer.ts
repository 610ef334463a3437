import { and, desc, eq, isNotNull, ne } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { tag } from "#db/schema/device/tags.ts";
import { adjustment } from "#db/schema/execution/adjustments.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { stableId } from "#server/core/ids.ts";
import type { Consumer } from "#server/execution/ingest/consumer.ts";
import { noteManualMove } from "./verdict.commands.ts";

/** Sees set-points that were moved by somebody else: at the machine, by another system, by a restart. */
export function createSetpointConsumer(): Consumer {
  return {
    name: "setpoints",
    wants: (t) => t.meaning === "setpoint",
    async process({ tx, now, historical, state }, readings) {
      if (historical) return;
      for (const { tagId, machineId, sourceTime: at, num: to, quality } of readings) {
        if (quality >= 2 || Number.isNaN(to)) continue;
        const from = state.get<number>(`tag:${tagId}`);
        state.set(`tag:${tagId}`, to);
        if (from === undefined || from === to) continue;
        const tolerance = await toleranceOf(tx, tagId);
        if (tolerance === null) continue;
        if (Math.abs(to - from) <= tolerance) {
          // A slow creep within the tolerance is compared with where it began.
          state.set(`tag:${tagId}`, from);
          continue;
        }
        if (await isOurs(tx, tagId, to, tolerance)) continue;
        const actor = serviceActor("machine");
        const id = stableId(`moved:${tagId}:${at}:${to}`);
        await noteManualMove.within({ tx, now, actor }, id, { machineId, tagId, from, to, at });
      }
    },
  };
}

/** Null = nobody writes this tag, so nobody is disturbed; a stop request is no set-point in this sense. */
async function toleranceOf(tx: Tx, tagId: number): Promise<number | null> {
  const [row] = await tx
    .select({ writable: tag.writable, datatype: tag.datatype })
    .from(tag)
    .where(eq(tag.id, tagId));
  return row?.datatype === "number" ? (row.writable?.tolerance ?? null) : null;
}

/**
 * The echo of a change of ours, however late it is read: `sent` is committed before anything leaves, so the change is
 * always there to be found. One that was refused was never ours to echo.
 */
async function isOurs(tx: Tx, tagId: number, value: number, tolerance: number): Promise<boolean> {
  const rows = await tx
    .select({ newValue: adjustment.newValue })
    .from(adjustment)
    .where(and(eq(adjustment.tagId, tagId), isNotNull(adjustment.sentAt), ne(adjustment.state, "refused")))
    .orderBy(desc(adjustment.sentAt))
    .limit(2);
  return rows.some((row) => Math.abs(row.newValue - value) <= tolerance);
}
