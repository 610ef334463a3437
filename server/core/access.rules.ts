import type { Actor, Role } from "./actor.contract.ts";
import { Refusal } from "./refusal.contract.ts";

/**
 * Every action there is, and the roles that may do it. `station` stands for an enrolled device with nobody
 * signed on: looking, calling for help, holding a change and seeing alarms need no login (design §6).
 * Whatever is not listed is denied.
 */
export const actions = {
  "floor.look": [
    "station",
    "operator",
    "setter",
    "quality",
    "maintenance",
    "supervisor",
    "manager",
    "administrator",
  ],
  "office.look": ["quality", "maintenance", "supervisor", "manager", "administrator"],
  "reports.look": ["supervisor", "manager", "administrator"],
  "admin.look": ["administrator"],
  "alarm.take": ["operator", "setter", "maintenance", "supervisor"],
  "alarm.shelve": ["supervisor"],
  "instruction.follow": ["operator", "setter", "quality", "maintenance", "supervisor"],
  "stop.explain": ["operator", "setter", "maintenance", "supervisor"],
  "count.report": ["operator", "setter", "quality", "supervisor"],
  "counter.decide": ["supervisor"],
  "job.run": ["operator", "setter", "supervisor"],
  "job.correct": ["supervisor", "administrator"],
  // An administrator makes the first order of a plant in which nobody else is yet.
  "order.manage": ["supervisor", "administrator"],
  "lot.hold": ["quality", "supervisor"],
  "adjustment.propose": ["setter", "supervisor", "service"],
  "adjustment.decide": ["supervisor"],
  "adjustment.confirm": ["operator", "setter", "maintenance", "supervisor"],
  "adjustment.hold": ["station", "operator", "setter", "maintenance", "supervisor"],
  "adjustment.release": ["supervisor"],
  "adjustment.resolve": ["supervisor"],
  "automation.off": ["station", "operator", "setter", "maintenance", "supervisor"],
  "automation.on": ["supervisor"],
  "rule.authority": ["supervisor"],
  "people.manage": ["administrator"],
  "station.manage": ["administrator"],
  "audit.read": ["administrator", "quality", "supervisor"],
  "deadletter.manage": ["administrator", "maintenance"],
  "tag.manage": ["administrator"],
  "plant.manage": ["administrator"],
  // Backups, how long what is kept, the support bundle.
  "house.manage": ["administrator"],
  // Holidays, overtime, "this Saturday we run"; the patterns themselves are the plant's.
  "calendar.plan": ["administrator", "supervisor"],
  "product.manage": ["administrator", "supervisor"],
  // Onto a machine, off it, maintained: whoever has the tool in hand.
  "tool.move": ["administrator", "setter", "maintenance", "supervisor"],
  "plant.fault": ["administrator", "supervisor"],
  "system.act": ["service"],
} as const satisfies Record<string, readonly (Role | "station")[]>;

export type Action = keyof typeof actions;

/** What only a badge (or PIN) at a station of the very machine may do: whoever signs must stand beside it. */
export const atMachineOnly: ReadonlySet<Action> = new Set(["adjustment.confirm"]);

/** What an action is aimed at. A station may act on its own machines only. */
export interface Scope {
  readonly machineId?: number;
}

/** Whether this actor may do this here. Pure; used by routes, sockets, workers and screens alike. */
export function can(actor: Actor, action: Action, scope: Scope = {}): boolean {
  const allowed: readonly (Role | "station")[] = actions[action];
  const byRole = actor.roles.some((role) => allowed.includes(role));
  const byStation = actor.stationId !== undefined && allowed.includes("station");
  if (!byRole && !byStation) return false;
  if (atMachineOnly.has(action)) return standsAt(actor, scope);
  const bound =
    actor.stationId !== undefined && actor.machineIds !== undefined && scope.machineId !== undefined;
  return !bound || (actor.machineIds ?? []).includes(scope.machineId ?? -1);
}

/** A badge gives the machines of its station; a password gives none, wherever the browser stands. */
function standsAt(actor: Actor, { machineId }: Scope): boolean {
  return machineId === undefined || (actor.machineIds ?? []).includes(machineId);
}

/** The refusal a screen shows on the greyed button and a route answers with, or null when allowed. */
export function whyNotAllowed(actor: Actor, action: Action, scope: Scope = {}): Refusal | null {
  if (can(actor, action, scope)) return null;
  if (actor.kind === "nobody") return new Refusal("sign_in_needed");
  if (actor.kind === "station") return new Refusal("badge_needed");
  const byRole = actor.roles.some((role) => (actions[action] as readonly string[]).includes(role));
  if (byRole && atMachineOnly.has(action)) return new Refusal("badge_needed");
  return new Refusal("not_allowed", { action });
}
