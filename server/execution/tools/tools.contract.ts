import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

const Life = z.number().int().min(1).max(1e12).nullable();
const Cavities = z.number().int().min(1).max(1000).nullable();
const Shots = z.number().int().min(0).max(1e12);
/** Share of the life from which on a tool is due. */
const WarnShare = z.number().min(0.1).max(1);

export const AddTool = z.object({
  /** What is engraved on it. */
  serial: codeText(60),
  name: plainText(80),
  /** Shots until it is due for maintenance; null = nobody says. */
  lifeCycles: Life.default(null),
  warnShare: WarnShare.default(0.9),
  /** Null = it has none, e.g. a cutter. */
  cavities: Cavities.default(null),
  /** Shots it had made before it was first counted here. */
  startShots: Shots.default(0),
  storage: plainText(60).nullable().default(null),
});

/** What is left out stays. */
export const ChangeTool = z.object({
  toolId: z.uuid(),
  name: plainText(80).optional(),
  lifeCycles: Life.optional(),
  warnShare: WarnShare.optional(),
  cavities: Cavities.optional(),
  startShots: Shots.optional(),
  active: z.boolean().optional(),
});

/** How many cavities give parts, from a time on; `from` left out = from now on. */
export const SetCavities = z.object({
  toolId: z.uuid(),
  open: z.number().int().min(0).max(1000),
  from: instant().optional(),
});

export const MountTool = z.object({ toolId: z.uuid(), machineId: rowId(), at: instant().optional() });
/** Takes it off its machine, or lays one that is on none somewhere else. */
export const StoreTool = z.object({
  toolId: z.uuid(),
  storage: plainText(60),
  at: instant().optional(),
});
/** It was maintained: from then on its shots are counted anew. */
export const MaintainTool = z.object({
  toolId: z.uuid(),
  at: instant().optional(),
  note: plainText(300).optional(),
});
/** Which operations it can make, as a whole. */
export const SetFit = z.object({
  toolId: z.uuid(),
  operations: z.array(z.object({ productId: z.uuid(), operation: plainText(60) })).max(200),
});

export const ToolView = z.object({
  id: z.uuid(),
  serial: z.string(),
  name: z.string(),
  active: z.boolean(),
  lifeCycles: z.number().nullable(),
  warnShare: z.number(),
  cavities: z.number().int().nullable(),
  /** Open now; null = it has none. */
  openCavities: z.number().int().nullable(),
  startShots: z.number(),
  /** Since its last maintenance, else with what it began with; counted by the machines it was on. */
  shots: z.number(),
  /** The machine it is on, and since when. */
  machine: z.object({ id: z.number().int(), name: z.string(), since: z.number().nullable() }).nullable(),
  storage: z.string().nullable(),
  lastMaintenance: z.number().nullable(),
});
export type ToolView = z.infer<typeof ToolView>;

export const ToolPage = ToolView.extend({
  /** The newest first. */
  mounts: z.array(
    z.object({
      machineId: z.number().int(),
      machineName: z.string(),
      from: z.number().nullable(),
      to: z.number().nullable(),
      shots: z.number(),
    }),
  ),
  cavityTimes: z.array(
    z.object({ open: z.number().int(), from: z.number().nullable(), to: z.number().nullable() }),
  ),
  maintenance: z.array(z.object({ at: z.number(), shots: z.number(), note: z.string().nullable() })),
  fits: z.array(
    z.object({
      productId: z.uuid(),
      productCode: z.string(),
      productName: z.string(),
      operation: z.string(),
      /** What the product's standard says one cycle makes on the machine it is on; null = no standard there. */
      standardParts: z.number().int().nullable(),
    }),
  ),
});
export type ToolPage = z.infer<typeof ToolPage>;
