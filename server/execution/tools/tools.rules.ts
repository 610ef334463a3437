import { Refusal } from "#server/core/refusal.contract.ts";

/**
 * Parts that one cycle really makes. The standard says what a cycle makes with the whole tool; a closed cavity takes
 * away from it. The two are never multiplied: a standard that was already lowered to the open cavities stays as it is.
 * OEE goes on measuring against the standard, so a closed cavity shows once, as lost performance.
 */
export function partsPerCycle(standard: number, openCavities: number | null): number {
  return openCavities === null ? standard : Math.min(standard, openCavities);
}

/** How far a tool has come in its life; null = nobody says how long that is. */
export function lifeOf(tool: {
  readonly shots: number;
  readonly lifeCycles: number | null;
  readonly warnShare: number;
}): { share: number; state: "good" | "due" | "over" } | null {
  if (tool.lifeCycles === null) return null;
  const share = tool.shots / tool.lifeCycles;
  return { share, state: share >= 1 ? "over" : share >= tool.warnShare ? "due" : "good" };
}

/** Why a tool cannot go onto a machine, or null. */
export function whyNotMount(situation: {
  readonly serial: string;
  readonly active: boolean;
  /** Name of the machine it is on now. */
  readonly on: string | null;
  /** Tools that are on the machine now, and how many it holds: one a position. */
  readonly there: readonly string[];
  readonly places: number;
  readonly machine: string;
}): Refusal | null {
  const { serial, active, on, there, places, machine } = situation;
  if (!active) return new Refusal("tool_retired", { tool: serial });
  if (on !== null) return new Refusal("tool_mounted", { tool: serial, machine: on });
  if (there.length >= places)
    return new Refusal("tool_place_taken", { machine, tool: there.join(", ") }, "machineId");
  return null;
}

/** Why so many cavities cannot be open, or null. */
export function whyNotOpen(serial: string, cavities: number | null, open: number): Refusal | null {
  if (cavities === null) return new Refusal("cavities_unknown", { tool: serial }, "open");
  return open > cavities ? new Refusal("cavities_too_many", { tool: serial, cavities }, "open") : null;
}
