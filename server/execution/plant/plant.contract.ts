import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

/** Longest limit that means something on a shop floor: a day, ms. */
const dayMs = 86_400_000;

/** A stop shorter than this is a micro-stop, a loss of performance, not of availability (domain §2). */
const MicroStop = z.number().int().min(1000).max(3_600_000);
/** Without a sign of life for so long the machine's state is unknown, ms. */
const Stale = z.number().int().min(1000).max(dayMs);
/** Share of the ideal rate that a shift is asked to reach. */
const TargetShare = z.number().min(0.05).max(1);

/** The works: its name, and the IANA zone in which its shifts and days are said. */
export const SetSite = z.object({ name: plainText(), timeZone: z.string().min(1).max(64) });

export const AddLine = z.object({ code: codeText(), name: plainText() });
/** What is left out stays. `areaId` null = directly in the works. */
export const ChangeLine = z.object({
  lineId: rowId(),
  name: plainText().optional(),
  areaId: rowId().nullable().optional(),
});
/** The machines of a line in the order in which the product passes them: all of them, each once. */
export const OrderLine = z.object({ lineId: rowId(), machineIds: z.array(rowId()).max(200) });

export const AddArea = z.object({ code: codeText(), name: plainText() });
export const ChangeArea = z.object({ areaId: rowId(), name: plainText() });

/** Put away (`active` false) or taken into use again. */
export const UseArea = z.object({ areaId: rowId(), active: z.boolean() });
export const UseLine = z.object({ lineId: rowId(), active: z.boolean() });
export const UseMachine = z.object({ machineId: rowId(), active: z.boolean() });

export const LeaveMachine = z.object({ machineId: rowId() });

export const AddMachine = z.object({
  lineId: rowId(),
  code: codeText(),
  name: plainText(),
  /** What kind of machine it is, in the plant's words: machines of one kind share reasons and templates. */
  kind: codeText(),
  /** Places where jobs run side by side, e.g. the trays of an oven. */
  positions: z.number().int().min(1).max(64).default(1),
  microStopMs: MicroStop.default(120_000),
  staleMs: Stale.default(60_000),
});

/** What is left out stays. */
export const ChangeMachine = z.object({
  machineId: rowId(),
  name: plainText().optional(),
  kind: codeText().optional(),
  lineId: rowId().optional(),
  flowPosition: z.number().int().min(0).max(10_000).optional(),
  /** Not fewer than are taken by jobs now. */
  positions: z.number().int().min(1).max(64).optional(),
  /** The first position's first; those that are not named keep their numbers. */
  positionNames: z.array(plainText(40)).max(64).optional(),
  /** When it will be put away; null = not. */
  leavesAt: instant().nullable().optional(),
  microStopMs: MicroStop.optional(),
  staleMs: Stale.optional(),
  targetShare: TargetShare.optional(),
});

/** `connected` = a source says its state; `manual` = people do; `none` = nobody yet. */
export const Signal = z.enum(["connected", "manual", "none"]);
export type Signal = z.infer<typeof Signal>;

export const PlantMachine = z.object({
  id: z.number().int(),
  code: z.string(),
  name: z.string(),
  kind: z.string(),
  positions: z.number().int(),
  positionNames: z.array(z.string()),
  flowPosition: z.number().int(),
  microStopMs: z.number().int(),
  staleMs: z.number().int(),
  targetShare: z.number(),
  signal: Signal,
  /** When it was put away, ms; null = in use. */
  retiredAt: z.number().nullable(),
  /** When it will be put away, ms. A past time = something still runs or is planned on it. */
  leavesAt: z.number().nullable(),
});
export type PlantMachine = z.infer<typeof PlantMachine>;

export const PlantLine = z.object({
  id: z.number().int(),
  code: z.string(),
  name: z.string(),
  /** Null = directly in the works. */
  areaId: z.number().int().nullable(),
  retiredAt: z.number().nullable(),
  machines: z.array(PlantMachine),
});
export type PlantLine = z.infer<typeof PlantLine>;

export const PlantArea = z.object({
  id: z.number().int(),
  code: z.string(),
  name: z.string(),
  retiredAt: z.number().nullable(),
});
export type PlantArea = z.infer<typeof PlantArea>;

/** ISA-95 role-based equipment: the site, its areas and lines in order of their names, their machines in flow order. */
export const PlantView = z.object({
  site: z.object({ id: z.number().int(), name: z.string(), timeZone: z.string() }).nullable(),
  areas: z.array(PlantArea),
  lines: z.array(PlantLine),
});
export type PlantView = z.infer<typeof PlantView>;
