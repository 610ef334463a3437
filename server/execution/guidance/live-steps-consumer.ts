import { and, eq } from "drizzle-orm";
import { instructionStep } from "#db/schema/execution/guidance.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { stableId } from "#server/core/ids.ts";
import { type Consumer, nothingNeeded, sameTags } from "#server/execution/ingest/consumer.ts";
import { proveStep } from "./guidance.commands.ts";
import { watchedSteps } from "./guidance.queries.ts";
import { hearReading } from "./guidance.rules.ts";

/** Lets live-bound steps pass by themselves when the machine proves them. */
export function createLiveStepsConsumer(): Consumer {
  let needed = nothingNeeded;
  return {
    name: "live-steps",
    async needs(db) {
      const steps = await watchedSteps(db);
      needed = sameTags(
        needed,
        steps.map((step) => step.tagId),
      );
      return needed;
    },
    wants: (t, watched) => watched.has(t.id),
    async process({ tx, now, historical }, readings) {
      if (historical) return;
      for (const step of await watchedSteps(tx)) {
        const { runId, tagId } = step;
        let { holdsSince } = step;
        let proof: { at: number; value: number } | null = null;
        for (const reading of readings) {
          if (reading.tagId !== tagId || proof !== null) continue;
          const { sourceTime: at, num: value } = reading;
          const good = reading.quality < 2 && !Number.isNaN(value);
          const heard = hearReading({ ...step, holdsSince }, { at, value, good });
          holdsSince = heard.holdsSince;
          if (heard.passed) proof = { at, value };
        }
        if (holdsSince !== step.holdsSince) {
          await tx
            .update(instructionStep)
            .set({ holdsSince: holdsSince === null ? null : new Date(holdsSince) })
            .where(and(eq(instructionStep.runId, runId), eq(instructionStep.step, step.step)));
        }
        if (proof === null) continue;
        const actor = serviceActor("machine");
        const id = stableId(`prove:${runId}:${step.step}`);
        await proveStep.within({ tx, now, actor }, id, { runId, step: step.step, ...proof });
      }
    },
  };
}
