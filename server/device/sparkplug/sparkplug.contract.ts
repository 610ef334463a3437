import { z } from "zod";

/** One name level of a Sparkplug topic. */
const Id = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^+/#\0]+$/, "may not contain + / #");

/** `config` of a source whose driver is `sparkplug`: the one edge node it listens to. */
export const SparkplugConfig = z.object({
  group: Id,
  node: Id,
  /** How long a missing message may still arrive before a rebirth is asked for, ms. */
  reorderMs: z.number().int().min(0).max(60_000).default(2000),
  /** Shortest time between two rebirth requests, ms; it doubles up to 16 times while no birth answers. */
  rebirthMinMs: z.number().int().min(10).max(600_000).default(5000),
  /** A rebirth request waits a random part of this, so that a restarted host does not ask all nodes at once, ms. */
  rebirthJitterMs: z.number().int().min(0).max(60_000).default(500),
  username: z.string().max(256).optional(),
  password: z.string().max(1024).optional(),
});
export type SparkplugConfig = z.infer<typeof SparkplugConfig>;
/** As it stands in the database: what is left out gets its default. */
export type SparkplugConfigInput = z.input<typeof SparkplugConfig>;
