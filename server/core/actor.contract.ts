import { z } from "zod";

/** The closed list of roles (design §6). */
export const roles = [
  "operator",
  "setter",
  "quality",
  "maintenance",
  "supervisor",
  "manager",
  "administrator",
  "service",
] as const;

export const Role = z.enum(roles);
export type Role = z.infer<typeof Role>;

/**
 * Who does something. A station is an enrolled device that anybody may look at; a person has signed on by
 * badge, PIN or password; `service` is the system itself (a reaction, a schedule, an edge).
 */
export const Actor = z.object({
  kind: z.enum(["person", "station", "service", "nobody"]),
  /** Present when a person is known. */
  personId: z.uuid().optional(),
  /** Shown in records: the person's, station's or part's name. */
  name: z.string(),
  roles: z.array(Role),
  /** The enrolled device the request came from. */
  stationId: z.uuid().optional(),
  /** Machines the station shows; a station may only act on these. */
  machineIds: z.array(z.number().int()).optional(),
});
export type Actor = z.infer<typeof Actor>;

export const nobody: Actor = { kind: "nobody", name: "", roles: [] };

/** The actor of reactions and schedules; `name` says which part acted. */
export function serviceActor(name: string): Actor {
  return { kind: "service", name, roles: ["service"] };
}

/** The actor of a first start, which furnishes a house where nobody lives yet: a seed, the first administrator. */
export function founderActor(name: string): Actor {
  return { kind: "service", name, roles: ["service", "administrator"] };
}
