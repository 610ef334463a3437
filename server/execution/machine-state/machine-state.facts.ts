import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";
import { MachineWord } from "./machine-state.contract.ts";

const machineId = z.number().int();

/** Live only: the word or fault of a machine is another one than before. Scope `machine:<id>`. */
export const stateChanged = defineFact(
  "machine.stateChanged",
  z.object({ machineId, word: MachineWord, fault: z.string().nullable(), since: z.number() }),
);

/** Live only: the guard or the remote switch of a machine moved. Scope `machine:<id>`. */
export const signalChanged = defineFact(
  "machine.signalChanged",
  z.object({ machineId, signal: z.enum(["guard", "remote"]), on: z.boolean(), at: z.number() }),
);

/** A stop grew past the micro-stop limit; `start` is its real beginning. Scope `machine:<id>`. */
export const stopOpened = defineFact(
  "stop.opened",
  z.object({
    machineId,
    stopId: z.uuid(),
    start: z.number(),
    word: MachineWord,
    fault: z.string().nullable(),
  }),
);

export const stopClosed = defineFact(
  "stop.closed",
  z.object({ machineId, stopId: z.uuid(), start: z.number(), end: z.number() }),
);

export const stopExplained = defineFact(
  "stop.explained",
  z.object({
    machineId,
    stopId: z.uuid(),
    reasonId: z.number().int(),
    start: z.number(),
    end: z.number().nullable(),
  }),
);

/**
 * The record of a time before the running shift is another one now: late data, a corrected job, an explained
 * stop. What was computed from that time is computed again. Scope `machine:<id>`.
 */
export const pastChanged = defineFact(
  "machine.pastChanged",
  z.object({
    machineId,
    from: z.number(),
    to: z.number(),
    /** Somebody said so: the restated records name the correction. */
    correctionId: z.uuid().optional(),
  }),
);
