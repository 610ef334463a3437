import { publish } from "#server/core/facts.ts";
import { quality } from "#server/device/tag.contract.ts";
import type { Consumer } from "../ingest/consumer.ts";
import { pastChanged } from "../machine-state/machine-state.facts.ts";
import { isBeforeRunningShift } from "../shifts/shifts.queries.ts";
import { countsChanged } from "./counters.facts.ts";
import { bucketStart } from "./counters.rules.ts";
import { lockCounts, recount } from "./recount.ts";

/** Counts per ten seconds of source time. Each batch counts the touched buckets again from the readings. */
export const countersConsumer: Consumer = {
  name: "counters",
  wants: (tag) => tag.meaning === "good" || tag.meaning === "scrap" || tag.meaning === "cycles",
  async process({ tx, now, historical, state }, readings) {
    const touched = new Map<number, { from: number; to: number }>();
    for (const { machineId, sourceTime, num, quality: q } of readings) {
      if (q > quality.uncertain || Number.isNaN(num)) continue;
      const before = touched.get(machineId);
      touched.set(machineId, {
        from: Math.min(before?.from ?? sourceTime, sourceTime),
        to: Math.max(before?.to ?? sourceTime, sourceTime),
      });
    }
    if (touched.size === 0) return;
    await lockCounts(tx, [...touched.keys()]);
    for (const [machineId, { from, to }] of touched) await recount(tx, machineId, from, to);
    for (const [machineId, { from, to }] of touched) {
      if (await isBeforeRunningShift(tx, machineId, from, now))
        await publish(tx, pastChanged, `machine:${machineId}`, { machineId, from, to }, now);
      const told = state.get<number>(`told:${machineId}`) ?? 0;
      if (historical || bucketStart(to) <= told) continue;
      state.set(`told:${machineId}`, bucketStart(to));
      await publish(tx, countsChanged, `machine:${machineId}`, { machineId, at: to }, now);
    }
  },
};
