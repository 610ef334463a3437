import type { Actor } from "#server/core/actor.contract.ts";

/** Where somebody begins: the role decides; at a station it is its machine whoever is signed on. */
export function landingOf(actor: Actor, stationMachine: string | null): string {
  if (actor.kind === "station" || (actor.machineIds !== undefined && stationMachine !== null))
    return stationMachine === null ? "/floor" : `/floor/${stationMachine}`;
  const has = (role: Actor["roles"][number]) => actor.roles.includes(role);
  if (has("supervisor")) return "/office";
  if (has("administrator")) return "/admin";
  if (has("manager")) return "/reports";
  if (has("quality") || has("maintenance")) return "/office";
  return stationMachine === null ? "/floor" : `/floor/${stationMachine}`;
}
