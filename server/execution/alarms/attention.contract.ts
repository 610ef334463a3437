import { z } from "zod";
import { Why } from "#server/execution/adjustments/adjustments.contract.ts";
import { MachineRef, Words } from "#server/execution/detection/detection.contract.ts";

export const attentionKinds = [
  "alarm",
  "deviation",
  /** A proposal that waits for a decision. */
  "proposal",
  /** An adjustment that waits for a person: held, blocked, unknown, or ended without an answer. */
  "adjustment",
  /** Somebody moved a set-point by hand: automation on it waits for a person. */
  "suspension",
  "no_data",
  "stop_without_reason",
  "edge_away",
] as const;

/** One thing that needs a supervisor, with the one thing to do about it. */
export const AttentionItem = z.object({
  /** Stable while the thing lasts: rows do not jump. */
  key: z.string(),
  kind: z.enum(attentionKinds),
  /** 1 = at once … 4 = when there is time. The list is ordered by it, then longest first. */
  urgency: z.number().int().min(1).max(4),
  machine: MachineRef.nullable(),
  since: z.number(),
  /** When it runs out by itself, if it does. */
  until: z.number().nullable(),
  title: Words,
  text: Words,
  /** What the one button does; words `attention.action.<action>`. */
  action: z.enum(["look", "take", "decide", "release", "resolve", "resume", "explain"]),
  /** Why whoever asks would be refused that; null = they may. Looking is never refused. */
  whyNot: Why.nullable(),
  /** What it opens. */
  target: z.object({
    kind: z.enum(["alarm", "deviation", "adjustment", "machine", "edge"]),
    id: z.string(),
  }),
});
export type AttentionItem = z.infer<typeof AttentionItem>;

export const AttentionView = z.object({ at: z.number(), items: z.array(AttentionItem) });
export type AttentionView = z.infer<typeof AttentionView>;
