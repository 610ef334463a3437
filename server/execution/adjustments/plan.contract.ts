import { z } from "zod";

/** What is measured to judge a change; less is better for all of them. */
export const Kpi = z.discriminatedUnion("name", [
  z.object({
    name: z.literal("scrap_ratio"),
    goodTagId: z.number().int(),
    scrapTagId: z.number().int(),
    /** Improvement worth having, as a share of parts; below it a change did not help. */
    effectLeast: z.number().positive(),
    /** Improvement hoped for: the width of the test's mixture. */
    effect: z.number().positive(),
  }),
  z.object({
    name: z.literal("cycle_time"),
    tagId: z.number().int(),
    effectLeast: z.number().positive(),
    effect: z.number().positive(),
  }),
  z.object({
    name: z.literal("process_distance"),
    tagId: z.number().int(),
    target: z.number(),
    effectLeast: z.number().positive(),
    effect: z.number().positive(),
  }),
]);
export type Kpi = z.infer<typeof Kpi>;

/**
 * How the effect of a change is measured; frozen with the adjustment. Every time is a parameter in ms: t1 the
 * machine echoes, t2 the process moves, t3 the KPI improves; t2 and t3 count from the echo.
 */
export const Plan = z.object({
  t1Ms: z.number().positive().default(30_000),
  t2Ms: z.number().positive().default(360_000),
  t3Ms: z.number().positive().default(1_800_000),
  /** After the echo the process is given this long before "after" is measured. */
  settleMs: z.number().min(0).default(360_000),
  /** How far "before" reaches back from the change, at most. */
  beforeMs: z.number().positive().default(1_200_000),
  blockMs: z.number().positive().default(120_000),
  blocksLeast: z.number().int().min(2).default(3),
  alpha: z.number().min(0.001).max(0.5).default(0.1),
  /** How long an approval may wait before it is sent. */
  approvalMs: z.number().positive().default(900_000),
  /** How long the edge has to answer. */
  answerMs: z.number().positive().default(5_000),
  process: z
    .object({
      tagId: z.number().int(),
      slope: z.number(),
      /** A move smaller than this, in the tag's unit, is noise. */
      noise: z.number().positive(),
    })
    .nullable()
    .default(null),
  kpi: Kpi.nullable().default(null),
  /** KPIs that must not become worse. */
  guards: z.array(Kpi).max(4).default([]),
  permissives: z
    .array(
      z.object({
        tagId: z.number().int(),
        op: z.enum(["=", "!=", "<", ">"]),
        value: z.union([z.number(), z.string()]),
      }),
    )
    .max(8)
    .default([]),
  /** Signals that must be fresh and good when it is sent. */
  inputs: z.array(z.number().int()).max(8).default([]),
});
export type Plan = z.infer<typeof Plan>;

/** What a rule may move, and how it computes the step. */
export const RuleAction = z.object({
  targetTagId: z.number().int(),
  slope: z.number(),
  gain: z.number().positive().max(1.5).default(0.8),
  /** Where the process value should be; null = the detector's baseline. */
  target: z.number().nullable().default(null),
  stepLeast: z.number().positive().default(1),
  /** It waits until the value stays within this band (the tag's unit), but not longer than `waitMs`. */
  steadyWithin: z.number().positive().default(1),
  waitMs: z.number().min(0).default(600_000),
  /** How long a proposal waits for a decision. */
  proposalMs: z.number().positive().default(1_800_000),
  /** After a decision or a verdict the rule proposes nothing for this long. */
  coolDownMs: z.number().min(0).default(600_000),
  plan: Plan,
});
export type RuleAction = z.infer<typeof RuleAction>;

/** Limits of the target, copied from the tag when the change is proposed. */
export const Limits = z.object({
  min: z.number(),
  max: z.number(),
  maxStep: z.number(),
  minIntervalMs: z.number(),
  tolerance: z.number(),
  riskClass: z.union([z.literal(1), z.literal(2)]),
  atMachine: z.boolean(),
});
export type Limits = z.infer<typeof Limits>;
