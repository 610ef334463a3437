import { z } from "zod";

/** What a plant needs until its first true OEE, in the order in which one needs the other. */
export const setupSteps = [
  "plant",
  "machine",
  "signal",
  "product",
  "shift",
  "reasons",
  "people",
  "order",
  "station",
] as const;
export const SetupStep = z.enum(setupSteps);
export type SetupStep = z.infer<typeof SetupStep>;

/** Fewer reasons than this, and most stops end as "other". */
export const fewestReasons = 5;

export const SetupView = z.object({
  steps: z.array(
    z.object({
      step: SetupStep,
      done: z.boolean(),
      /** How many there are, e.g. machines or reasons. */
      count: z.number().int(),
      /** Names of what still lacks it, at most five: machines without a signal, without a standard cycle, without a shift. */
      missing: z.array(z.string()),
    }),
  ),
  done: z.number().int(),
});
export type SetupView = z.infer<typeof SetupView>;
