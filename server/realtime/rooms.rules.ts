import { can } from "#server/core/access.rules.ts";
import type { Actor } from "#server/core/actor.contract.ts";

/** What a fact is about and what a screen may watch, taken apart. */
export type ScreenScope =
  | { readonly kind: "plant" }
  | { readonly kind: "line"; readonly id: number }
  | { readonly kind: "machine"; readonly id: number }
  | { readonly kind: "station"; readonly id: string };

/** Which machine stands in which line, and which tag belongs to which machine. */
export interface Topology {
  lineOf(machineId: number): number | undefined;
  machinesOf(lineId: number): readonly number[];
  machineOfTag(tagId: number): number | undefined;
}

/** The room of everybody who watches anything. */
export const everybody = "*";

/** @returns null for a text that names no scope */
export function parseScope(text: string): ScreenScope | null {
  if (text === "plant") return { kind: "plant" };
  const numbered = /^(line|machine):([1-9]\d{0,8})$/.exec(text);
  if (numbered !== null)
    return { kind: numbered[1] === "line" ? "line" : "machine", id: Number(numbered[2]) };
  const station = /^station:([0-9a-f-]{36})$/.exec(text);
  return station === null ? null : { kind: "station", id: station[1] ?? "" };
}

/**
 * Whether an actor may hear of a scope. Rooms are permissions: whoever is bound to a station hears of its
 * machines alone, of a line only when all its machines are the station's, never of the whole plant.
 */
export function mayWatch(actor: Actor, scope: ScreenScope, topology: Topology): boolean {
  switch (scope.kind) {
    case "machine":
      return topology.lineOf(scope.id) !== undefined && can(actor, "floor.look", { machineId: scope.id });
    case "line": {
      const machines = topology.machinesOf(scope.id);
      return machines.length > 0 && machines.every((machineId) => can(actor, "floor.look", { machineId }));
    }
    case "plant":
      return !isBound(actor) && can(actor, "floor.look");
    case "station":
      return actor.stationId === scope.id || can(actor, "station.manage");
  }
}

/** Whether an actor may see a tag's values: whoever may look at its machine. */
export function mayWatchTag(actor: Actor, tagId: number, topology: Topology): boolean {
  const machineId = topology.machineOfTag(tagId);
  return machineId !== undefined && can(actor, "floor.look", { machineId });
}

function isBound(actor: Actor): boolean {
  return actor.stationId !== undefined && actor.machineIds !== undefined;
}

/**
 * The rooms that hear of a fact: what happens at a machine concerns its line and the plant; what happens to a
 * line concerns its machines; what happens to the plant concerns everybody.
 */
export function roomsOf(scope: string, topology: Topology): readonly string[] {
  const parsed = parseScope(scope);
  switch (parsed?.kind) {
    case "machine": {
      const line = topology.lineOf(parsed.id);
      return [scope, ...(line === undefined ? [] : [`line:${String(line)}`]), "plant"];
    }
    case "line":
      return [scope, ...topology.machinesOf(parsed.id).map((id) => `machine:${String(id)}`), "plant"];
    case "plant":
      return [everybody];
    case "station":
    case undefined:
      return [scope];
  }
}

/** Most frames a second for this actor: a kiosk's processor is weak, a desk's is not. */
export function maxHz(actor: Actor): number {
  return actor.kind === "station" || isBound(actor) ? 10 : 20;
}
