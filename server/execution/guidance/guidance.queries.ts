import { asc, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { tag } from "#db/schema/device/tags.ts";
import {
  instruction,
  instructionRun,
  instructionStep,
  instructionVersion,
} from "#db/schema/execution/guidance.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { InstructionRunView, LocalText, StepDefinition, StepView } from "./guidance.contract.ts";

/** A run with every step, so that any station can go on where another one stopped. */
export async function findRun(db: Db | Tx, id: string): Promise<InstructionRunView | null> {
  const [row] = await db
    .select({ run: instructionRun, version: instructionVersion, code: instruction.code, machine: workUnit })
    .from(instructionRun)
    .innerJoin(instructionVersion, eq(instructionVersion.id, instructionRun.instructionVersionId))
    .innerJoin(instruction, eq(instruction.id, instructionVersion.instructionId))
    .innerJoin(workUnit, eq(workUnit.id, instructionRun.machineId))
    .where(eq(instructionRun.id, id));
  if (row === undefined) return null;
  const steps = await db
    .select({ step: instructionStep, tag })
    .from(instructionStep)
    .leftJoin(tag, eq(tag.id, instructionStep.tagId))
    .where(eq(instructionStep.runId, id))
    .orderBy(asc(instructionStep.step));
  const { run, version, code, machine } = row;
  const definitions = version.steps as StepDefinition[];
  return {
    id: run.id,
    code,
    title: version.title as LocalText,
    version: version.version,
    machine: { id: machine.id, code: machine.code, name: machine.name, lineId: machine.lineId },
    alarmId: run.alarmId,
    state: run.state,
    current: run.current,
    started: { at: run.startedAt.getTime(), by: (run.startedBy as Actor).name },
    endedAt: run.endedAt?.getTime() ?? null,
    steps: steps.flatMap(({ step, tag: watched }): StepView[] => {
      const definition = definitions[step.step - 1];
      if (definition === undefined) return [];
      const by = step.doneBy as Actor | null;
      return [
        {
          step: step.step,
          definition,
          state:
            step.doneAt !== null
              ? "done"
              : run.state === "running" && step.step === run.current
                ? "current"
                : "waiting",
          done:
            step.doneAt === null || by === null
              ? null
              : { at: step.doneAt.getTime(), by: by.name, machine: by.kind === "service" },
          result: step.result as StepView["result"],
          tag:
            watched === null
              ? null
              : { id: watched.id, name: watched.name, unit: watched.unit, decimals: watched.decimals },
          holdsSince: step.holdsSince?.getTime() ?? null,
        },
      ];
    }),
  };
}

export interface WatchedStep {
  readonly runId: string;
  readonly step: number;
  readonly tagId: number;
  readonly op: "<" | ">" | "=";
  readonly value: number;
  readonly holdMs: number;
  readonly holdsSince: number | null;
}

/** Live-bound steps that are the current one of a running instruction. */
export async function watchedSteps(db: Db | Tx): Promise<WatchedStep[]> {
  const rows = await db.execute<WatchedStep & Record<string, unknown>>(sql`
    select s.run_id as "runId", s.step, s.tag_id as "tagId", s.op, s.value, s.hold_ms as "holdMs",
      (extract(epoch from s.holds_since) * 1000)::float8 as "holdsSince"
    from instruction_step s join instruction_run r on r.id = s.run_id and r.state = 'running' and r.current = s.step
    where s.done_at is null and s.tag_id is not null`);
  return [...rows];
}
