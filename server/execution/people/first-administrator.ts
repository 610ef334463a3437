import { and, arrayContains, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { person } from "#db/schema/execution/people.ts";
import { founderActor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import { addPerson, setPassword } from "./people.commands.ts";
import { newToken } from "#server/core/tokens.ts";

/**
 * An empty house has nobody who could let others in: makes the person `admin` with a random password, which the
 * launcher shows once. @returns null when there is an administrator already
 */
export async function ensureAdministrator(deps: {
  db: Db;
  clock: Clock;
}): Promise<{ code: string; password: string } | null> {
  const [already] = await deps.db
    .select({ id: person.id })
    .from(person)
    .where(and(eq(person.active, true), arrayContains(person.roles, ["administrator"])))
    .limit(1);
  if (already !== undefined) return null;
  const founder = founderActor("first start");
  const [code, password] = ["admin", newToken().slice(0, 20)];
  const input = { code, name: "Administrator", roles: ["administrator"] };
  const { personId } = await addPerson.execute(deps, founder, crypto.randomUUID(), input);
  await setPassword.execute(deps, founder, crypto.randomUUID(), { personId, password });
  return { code, password };
}
