import { defineReaction, type Reaction } from "#server/core/runner.ts";
import { pastChanged } from "#server/execution/machine-state/machine-state.facts.ts";
import { markDirty } from "./records.ts";

/** A changed past only marks its closed shifts: a backlog touches the same shift a thousand times. */
export const oeeReactions: Reaction[] = [
  defineReaction("oee.pastChanged", pastChanged, async ({ tx, now }, { data }) => {
    await markDirty(tx, data.machineId, data.from, data.to, now, data.correctionId);
  }),
];
