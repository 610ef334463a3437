import { and, eq, isNull } from "drizzle-orm";
import { z } from "zod";
import { personBadge, personPin } from "#db/schema/core/auth.ts";
import { person } from "#db/schema/execution/people.ts";
import type { CommandContext } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { giveBadge } from "../people/badges.commands.ts";
import { addPerson, changePerson, setPinCommand } from "../people/people.commands.ts";
import { AddPerson, Badge, PersonRole, Pin } from "../people/people.contract.ts";
import { asList, asText } from "./cells.rules.ts";
import { defineImporter, type Importer, oneByOne, type Outcome } from "./importer.ts";

const Row = z.object({
  code: AddPerson.shape.code,
  name: AddPerson.shape.name.nullish(),
  roles: z.array(PersonRole).min(1).max(8).nullish(),
  badge: z.array(Badge).max(8).nullish(),
  pin: Pin.nullish(),
});
type Row = z.infer<typeof Row>;

/** Says whether a PIN is the one that is set. */
export type PinCheck = (stored: string, pin: string) => Promise<boolean>;

/** People with roles, badges and PINs. A badge that is not in the file stays with whoever has it. */
export function peopleImporter(pepper: string, isPin: PinCheck): Importer {
  const setPin = setPinCommand(pepper);

  async function storePerson(context: CommandContext, row: Row): Promise<Outcome> {
    const { tx } = context;
    const [before] = await tx.select().from(person).where(eq(person.code, row.code));
    if (before === undefined) {
      const input = { code: row.code, name: row.name ?? row.code, roles: row.roles ?? ["operator"] };
      const { personId } = await addPerson.part(context, input);
      for (const badge of row.badge ?? []) await giveBadge.part(context, { personId, badge });
      if (row.pin != null) await setPin.part(context, { personId, pin: row.pin });
      return "added";
    }
    // Whoever was shut out is let in again by a person who looks, not by a file.
    if (!before.active) throw new Refusal("already_taken", { value: row.code }, "code");
    const personId = before.id;
    const change = {
      ...(row.name == null || row.name === before.name ? {} : { name: row.name }),
      ...(row.roles == null || sorted(row.roles) === sorted(before.roles) ? {} : { roles: row.roles }),
    };
    const own = await tx
      .select({ badge: personBadge.badge })
      .from(personBadge)
      .where(and(eq(personBadge.personId, personId), isNull(personBadge.takenAt)));
    const badges = (row.badge ?? []).filter((badge) => !own.some((one) => one.badge === badge));
    const otherPin = row.pin != null && !(await hasPin(context, personId, row.pin));
    if (Object.keys(change).length > 0) await changePerson.part(context, { personId, ...change });
    for (const badge of badges) await giveBadge.part(context, { personId, badge });
    if (otherPin) await setPin.part(context, { personId, pin: row.pin });
    return Object.keys(change).length > 0 || badges.length > 0 || otherPin ? "changed" : "same";
  }

  async function hasPin({ tx }: CommandContext, personId: string, pin: string): Promise<boolean> {
    const [row] = await tx.select().from(personPin).where(eq(personPin.personId, personId));
    return row !== undefined && isPin(row.hash, pin);
  }

  return defineImporter<Row>({
    columns: [
      { name: "code", read: asText, needed: true },
      { name: "name", read: asText },
      { name: "roles", read: asList },
      { name: "badge", read: asList },
      { name: "pin", read: asText, secret: true },
    ],
    schema: Row,
    maxRows: 1000,
    example: ["ada", "Ada Larsen", "operator, setter", "100234", ""],
    once: [
      { column: "code", of: ({ code }) => [code] },
      { column: "badge", of: ({ badge }) => [...new Set(badge ?? [])] },
    ],
    store: oneByOne(
      () => Promise.resolve(null),
      (context, [row]) => storePerson(context, row as Row),
    ),
  });
}

const sorted = (roles: readonly string[]) => [...new Set(roles)].toSorted().join();
