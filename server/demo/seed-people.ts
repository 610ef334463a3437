import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { person } from "#db/schema/execution/people.ts";
import { station } from "#db/schema/execution/stations.ts";
import { type Actor, founderActor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import { giveBadge } from "#server/execution/people/badges.commands.ts";
import { addPerson, setPassword, setPinCommand } from "#server/execution/people/people.commands.ts";
import { makeStation } from "#server/execution/people/stations.commands.ts";
import { demoMachines, nameOf, officeRoles, people } from "./catalogue.ts";
import { seedSkills } from "./seed-definitions.ts";
import type { SeededPlant } from "./seed-plant.ts";

const founder: Actor = founderActor("demo seed");

/** The demo's people with badge, PIN (badge and 00) and password (demo- and badge); who stands already stays. */
export async function seedPeople(
  deps: { db: Db; clock: Clock },
  pepper: string,
  told: (name: string) => void,
): Promise<void> {
  const setPin = setPinCommand(pepper);
  for (const { code, name, badge, roles, language } of people) {
    told(name);
    const [known] = await deps.db.select({ id: person.id }).from(person).where(eq(person.code, code));
    if (known !== undefined) continue;
    const run = <O>(
      command: { execute(d: typeof deps, a: Actor, id: string, input: unknown): Promise<O> },
      input: unknown,
    ) => command.execute(deps, founder, crypto.randomUUID(), input);
    const { personId } = await run(addPerson, { code, name, roles, language });
    await run(giveBadge, { personId, badge });
    await run(setPin, { personId, pin: `${badge}00` });
    await seedSkills(deps, founder, code, personId);
    if (roles.some((role) => officeRoles.has(role)))
      await run(setPassword, { personId, password: `demo-${badge}` });
  }
}

/** One station a machine; the launcher makes the codes with which devices become them. */
export async function seedStations(deps: { db: Db; clock: Clock }, plant: SeededPlant): Promise<void> {
  for (const { code } of demoMachines) {
    const machineId = plant.machineIds.get(code);
    const name = nameOf(code);
    const [known] = await deps.db.select({ id: station.id }).from(station).where(eq(station.name, name));
    if (known !== undefined || machineId === undefined) continue;
    await makeStation.execute(deps, founder, crypto.randomUUID(), { name, machineIds: [machineId] });
  }
}
