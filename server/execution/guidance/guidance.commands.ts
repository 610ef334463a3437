import { and, eq, like } from "drizzle-orm";
import { z } from "zod";
import { tag } from "#db/schema/device/tags.ts";
import { alarm } from "#db/schema/execution/alarms.ts";
import {
  instruction,
  instructionRun,
  instructionStep,
  instructionVersion,
} from "#db/schema/execution/guidance.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { stableId } from "#server/core/ids.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { judgeCause, proveCause } from "#server/execution/detection/detection.commands.ts";
import { CompleteStep, StartInstruction, type StepDefinition } from "./guidance.contract.ts";
import { instructionChanged } from "./guidance.facts.ts";
import { judgeAnswer } from "./guidance.rules.ts";

type Run = typeof instructionRun.$inferSelect;

function tell(context: CommandContext, run: Run): void {
  const { id: runId, machineId, alarmId, state, current } = run;
  context.publish(instructionChanged, `machine:${machineId}`, { runId, machineId, alarmId, state, current });
}

/**
 * Opens the alarm's instruction in its released version, which the run keeps to its end. Asked again, from here or
 * from another station, it answers the run that is already going on.
 */
export const startInstruction = defineCommand({
  name: "instruction.start",
  input: StartInstruction,
  allow: () => ({ action: "instruction.follow" }),
  run: async (context, { alarmId }) => {
    const { tx, now, actor } = context;
    const [cause] = await tx.select().from(alarm).where(eq(alarm.id, alarmId)).for("update");
    if (cause === undefined) throw new Refusal("not_found");
    const [going] = await tx
      .select({ id: instructionRun.id })
      .from(instructionRun)
      .where(and(eq(instructionRun.alarmId, alarmId), eq(instructionRun.state, "running")));
    if (going !== undefined) return { runId: going.id };
    if (cause.instructionCode === null || cause.machineId === null) throw new Refusal("not_found");
    const [version] = await tx
      .select({
        id: instructionVersion.id,
        steps: instructionVersion.steps,
        version: instructionVersion.version,
      })
      .from(instructionVersion)
      .innerJoin(instruction, eq(instruction.id, instructionVersion.instructionId))
      .where(and(eq(instruction.code, cause.instructionCode), eq(instructionVersion.state, "released")));
    if (version === undefined) throw new Refusal("not_found");
    const [run] = await tx
      .insert(instructionRun)
      .values({
        instructionVersionId: version.id,
        machineId: cause.machineId,
        alarmId,
        deviationId: cause.deviationId,
        state: "running",
        startedAt: new Date(now),
        startedBy: actor,
      })
      .returning();
    if (run === undefined) throw new Error("no run was inserted");
    let step = 0;
    for (const definition of version.steps as StepDefinition[]) {
      step += 1;
      const live = definition.kind === "live_bound" ? await liveOf(context, cause.machineId, definition) : {};
      await tx.insert(instructionStep).values({ runId: run.id, step, kind: definition.kind, ...live });
    }
    context.audit({
      action: "instruction.started",
      objectType: "instructionRun",
      objectId: run.id,
      machineId: run.machineId,
      after: { code: cause.instructionCode, version: version.version, alarmId },
    });
    tell(context, run);
    return { runId: run.id };
  },
});

/** What a live-bound step watches on this machine. A metric that the machine lacks is a fault of the instruction. */
async function liveOf(
  { tx }: CommandContext,
  machineId: number,
  definition: Extract<StepDefinition, { kind: "live_bound" }>,
) {
  const [watched] = await tx
    .select({ id: tag.id })
    .from(tag)
    .where(and(eq(tag.machineId, machineId), like(tag.metric, `%/${definition.metric}`)));
  if (watched === undefined) throw new Refusal("not_found", { tag: definition.metric });
  return { tagId: watched.id, op: definition.op, value: definition.value, holdMs: definition.holdMs };
}

async function lockRun(
  { tx }: CommandContext,
  runId: string,
): Promise<{ run: Run; steps: StepDefinition[] }> {
  const [run] = await tx.select().from(instructionRun).where(eq(instructionRun.id, runId)).for("update");
  if (run === undefined) throw new Refusal("not_found");
  const [version] = await tx
    .select({ steps: instructionVersion.steps })
    .from(instructionVersion)
    .where(eq(instructionVersion.id, run.instructionVersionId));
  return { run, steps: (version?.steps ?? []) as StepDefinition[] };
}

interface Passed {
  readonly step: number;
  readonly at: number;
  readonly by: Actor;
  readonly result: { ok: boolean; value: number | null; note: string | null };
}

/** The step is done and the next one comes; after the last one the run is done. */
async function pass(context: CommandContext, run: Run, steps: number, passed: Passed): Promise<Run> {
  const { tx, now } = context;
  await tx
    .update(instructionStep)
    .set({ doneAt: new Date(passed.at), doneBy: passed.by, result: passed.result })
    .where(and(eq(instructionStep.runId, run.id), eq(instructionStep.step, passed.step)));
  const done = passed.step >= steps;
  const [after] = await tx
    .update(instructionRun)
    .set({ current: passed.step + 1, ...(done ? { state: "done", endedAt: new Date(now) } : {}) })
    .where(eq(instructionRun.id, run.id))
    .returning();
  if (after === undefined) throw new Refusal("not_found");
  context.audit({
    action: done ? "instruction.done" : "instruction.step",
    objectType: "instructionRun",
    objectId: run.id,
    machineId: run.machineId,
    after: { step: passed.step, ...passed.result },
  });
  tell(context, after);
  return after;
}

/** A person passes the current step. A live-bound step is passed by the machine alone. */
export const completeStep = defineCommand({
  name: "instruction.completeStep",
  input: CompleteStep,
  allow: () => ({ action: "instruction.follow" }),
  run: async (context, input) => {
    const { tx, now, actor } = context;
    const { run, steps } = await lockRun(context, input.runId);
    if (input.step < run.current) {
      const [done] = await tx
        .select({ by: instructionStep.doneBy })
        .from(instructionStep)
        .where(and(eq(instructionStep.runId, run.id), eq(instructionStep.step, input.step)));
      const by = done?.by as Actor | null | undefined;
      if (by?.personId !== undefined && by.personId === actor.personId) return { runId: run.id };
      throw new Refusal("already_decided", { name: by?.name ?? "", state: "done" });
    }
    if (run.state !== "running") throw new Refusal("wrong_state", { state: run.state });
    const definition = steps[input.step - 1];
    if (definition === undefined) throw new Refusal("not_found");
    if (input.step > run.current) throw new Refusal("step_not_done", { step: run.current });
    const answer = judgeAnswer(definition, input);
    if (!answer.passes) {
      if (answer.why === "value_missing") throw new Refusal("invalid", { problem: "value" }, "value");
      if (answer.why === "out_of_range" && definition.kind === "reading")
        throw new Refusal("value_out_of_range", { low: definition.min, high: definition.max }, "value");
      throw new Refusal("step_not_done", { step: run.current });
    }
    const result = { ok: answer.ok, value: answer.value, note: input.note ?? null };
    const after = await pass(context, run, steps.length, { step: input.step, at: now, by: actor, result });
    if (run.deviationId !== null && input.causeRight !== undefined) {
      await judgeCause.within({ tx, now, actor }, stableId(`cause:${context.commandId}`), {
        deviationId: run.deviationId,
        right: input.causeRight,
      });
    }
    return { runId: after.id };
  },
});

/** The machine itself passes a live-bound step, at the source time of the proof. */
export const proveStep = defineCommand({
  name: "instruction.proveStep",
  input: z.object({ runId: z.uuid(), step: z.number().int(), at: z.number(), value: z.number() }),
  allow: () => ({ action: "system.act" }),
  run: async (context, { runId, step, at, value }) => {
    const { tx, now, actor } = context;
    const { run, steps } = await lockRun(context, runId);
    if (run.state !== "running" || run.current !== step) return {};
    await pass(context, run, steps.length, { step, at, by: actor, result: { ok: true, value, note: null } });
    // What the instruction for this cause put right is seen in the machine: the cause was the right one.
    if (run.deviationId !== null) {
      const id = stableId(`cause:${runId}:${step}`);
      await proveCause.within({ tx, now, actor }, id, { deviationId: run.deviationId, right: true });
    }
    return {};
  },
});

/** It is not followed any further. What was done stands in the record. */
export const abandonInstruction = defineCommand({
  name: "instruction.abandon",
  input: z.object({ runId: z.uuid() }),
  allow: () => ({ action: "instruction.follow" }),
  run: async (context, { runId }) => {
    const { run } = await lockRun(context, runId);
    if (run.state !== "running") throw new Refusal("wrong_state", { state: run.state });
    const [after] = await context.tx
      .update(instructionRun)
      .set({ state: "abandoned", endedAt: new Date(context.now) })
      .where(eq(instructionRun.id, runId))
      .returning();
    if (after === undefined) throw new Refusal("not_found");
    context.audit({
      action: "instruction.abandoned",
      objectType: "instructionRun",
      objectId: runId,
      machineId: run.machineId,
      after: { step: run.current },
    });
    tell(context, after);
    return { runId };
  },
});
