import { z } from "zod";
import { MachineRef } from "#server/execution/detection/detection.contract.ts";

/** A text in the languages it was written in; `en` is always there. Shown through `inLanguage`. */
export const LocalText = z.object({ en: z.string().min(1) }).catchall(z.string());
export type LocalText = z.infer<typeof LocalText>;

export const StepOp = z.enum(["<", ">", "="]);
export type StepOp = z.infer<typeof StepOp>;

const common = { title: LocalText, text: LocalText };

/** One step of a released version. A step says one thing (≤ 40 words). */
export const StepDefinition = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("info"), ...common }),
  z.object({ kind: z.literal("check"), ...common }),
  z.object({
    kind: z.literal("reading"),
    ...common,
    unit: z.string().nullable(),
    min: z.number(),
    max: z.number(),
  }),
  z.object({
    kind: z.literal("live_bound"),
    ...common,
    /** The metric's name on the machine, without the device: `CoolingFlow`. */
    metric: z.string(),
    op: StepOp,
    value: z.number(),
    /** How long it must hold without a break, by source time, ms. */
    holdMs: z.number().int().nonnegative(),
  }),
]);
export type StepDefinition = z.infer<typeof StepDefinition>;

export const Steps = z.array(StepDefinition).min(3).max(5);

export const StepView = z.object({
  step: z.number().int(),
  definition: StepDefinition,
  state: z.enum(["waiting", "current", "done"]),
  /** Who or what passed it: a person's name, or the machine itself. */
  done: z.object({ at: z.number(), by: z.string(), machine: z.boolean() }).nullable(),
  result: z.object({ ok: z.boolean(), value: z.number().nullable(), note: z.string().nullable() }).nullable(),
  /** Live-bound steps: the tag to watch, and since when the value has been as wanted. */
  tag: z
    .object({
      id: z.number().int(),
      name: z.string(),
      unit: z.string().nullable(),
      decimals: z.number().int(),
    })
    .nullable(),
  holdsSince: z.number().nullable(),
});
export type StepView = z.infer<typeof StepView>;

export const InstructionRunView = z.object({
  id: z.uuid(),
  code: z.string(),
  title: LocalText,
  /** The released version it follows to its end, whatever is released meanwhile. */
  version: z.number().int(),
  machine: MachineRef,
  alarmId: z.uuid().nullable(),
  state: z.enum(["running", "done", "abandoned"]),
  /** Index of the step to do next, 1-based; steps + 1 when done. */
  current: z.number().int(),
  started: z.object({ at: z.number(), by: z.string() }),
  endedAt: z.number().nullable(),
  steps: z.array(StepView),
});
export type InstructionRunView = z.infer<typeof InstructionRunView>;

export const StartInstruction = z.object({ alarmId: z.uuid() });
export type StartInstruction = z.infer<typeof StartInstruction>;

export const CompleteStep = z.object({
  runId: z.uuid(),
  step: z.number().int().min(1).max(5),
  /** `check`: what was found; left out = in order. */
  ok: z.boolean().optional(),
  /** `reading`: the value read, in the step's unit. */
  value: z.number().optional(),
  note: z.string().trim().max(500).optional(),
  /** Whether the likely cause was the right one; goes into the cause's record. */
  causeRight: z.boolean().optional(),
});
export type CompleteStep = z.infer<typeof CompleteStep>;
