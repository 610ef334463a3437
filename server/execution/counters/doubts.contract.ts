import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";
import { plainText } from "#server/core/text.contract.ts";

/** What a counter that went down was. "wrong" = the reading itself is wrong, and is left out of the count. */
export const counterDecisions = ["reset", "rollover", "wrong"] as const;
export type CounterDecision = (typeof counterDecisions)[number];

/** A counter that went down so that the readings alone do not say why. */
export const CounterDoubtView = z.object({
  tagId: z.number().int(),
  tagName: z.string(),
  meaning: z.enum(["good", "scrap", "cycles"]),
  machineId: z.number().int(),
  machineCode: z.string(),
  machineName: z.string(),
  /** Source time of the reading that was lower than the one before it, ms. */
  at: z.number(),
  from: z.number(),
  to: z.number(),
  /** How it is counted now, and how much that is; a wrong reading counts nothing. */
  decision: z.enum(counterDecisions),
  counted: z.number(),
  /** What it would count as a roll-over; null where the counter has no top. */
  ifRollover: z.number().nullable(),
  state: z.enum(["open", "decided"]),
  reason: z.string().nullable(),
});
export type CounterDoubtView = z.infer<typeof CounterDoubtView>;

export const CounterDoubtFilter = z.object({
  show: z.enum(["open", "decided"]).default("open"),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type CounterDoubtFilter = z.infer<typeof CounterDoubtFilter>;

/** The step is named by what the person saw: when it is another one meanwhile, the word is refused. */
export const DecideCounter = z.object({
  tagId: rowId(),
  at: instant(),
  from: z.number(),
  to: z.number(),
  decision: z.enum(counterDecisions),
  reason: plainText(400),
});
