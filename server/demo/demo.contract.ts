import { z } from "zod";
import { faultNames } from "#server/device/simulator/faults.contract.ts";

export const storyNames = ["loop", "outage", "first-machine"] as const;

/** The step of a story that plays now. Words: `story.<name>.<step>`, with `params`. */
export const StoryStep = z.object({
  name: z.enum(storyNames),
  step: z.number().int().min(1).max(20),
  steps: z.number().int().min(1).max(20),
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
});
export type StoryStep = z.infer<typeof StoryStep>;

/** `null` = no story plays. */
export const TellStory = z.object({ story: StoryStep.nullable() });

export const StoryView = StoryStep.extend({ at: z.number() }).nullable();
export type StoryView = z.infer<typeof StoryView>;

/** Where a running demo can be reached: written by the server, read by `npm run plant` and `npm run demo`. */
export const DemoAddress = z.object({
  url: z.url(),
  control: z.url(),
  /** Where the edge hears socket.io devices. */
  device: z.url(),
  /** The server's process, told apart from a later one with the same number. */
  server: z.object({ pid: z.number().int().positive(), started: z.string() }).nullable(),
});
export type DemoAddress = z.infer<typeof DemoAddress>;

export const PlayFault = z.object({ name: z.enum([...faultNames, "clear"]), machine: z.string().max(64) });
