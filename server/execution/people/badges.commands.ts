import { and, eq, isNull } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { badgeSession, personBadge } from "#db/schema/core/auth.ts";
import { person } from "#db/schema/execution/people.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { GiveBadge, LoseBadge, TakeBadge } from "./people.contract.ts";
import { personChanged } from "./people.facts.ts";

const allow = () => ({ action: "people.manage" }) as const;

/** Puts a badge into somebody's hand. Whoever has it must give it back first. @throws Refusal badge_in_use */
export const giveBadge = defineCommand({
  name: "person.give_badge",
  input: GiveBadge,
  allow,
  run: async (context, { personId, badge }) => {
    await lockPerson(context.tx, personId);
    await handOut(context.tx, personId, badge, "badge", context.now);
    context.audit({
      action: "person.give_badge",
      objectType: "person",
      objectId: personId,
      before: { badge: null },
      after: { badge },
    });
    context.publish(personChanged, "plant", { personId });
    return { personId };
  },
});

/** A badge that was given back works no more; whoever is signed on with it is signed off. */
export const takeBadge = defineCommand({
  name: "person.take_badge",
  input: TakeBadge,
  allow,
  run: async (context, { personId, badge }) => {
    await lockPerson(context.tx, personId);
    await block(context.tx, personId, badge, context.now, false);
    context.audit({
      action: "person.take_badge",
      objectType: "person",
      objectId: personId,
      before: { badge },
      after: { badge: null },
    });
    context.publish(personChanged, "plant", { personId });
    return { personId };
  },
});

/**
 * A lost badge is blocked at once, and whoever is signed on with it is signed off; another one may stand in its place in
 * the same moment. Whoever finds the old one reads at the station what became of it.
 * @throws Refusal not_found, badge_in_use
 */
export const loseBadge = defineCommand({
  name: "person.lose_badge",
  input: LoseBadge,
  allow,
  run: async (context, { personId, badge, newBadge }) => {
    const { tx, now } = context;
    await lockPerson(tx, personId);
    const old = await block(tx, personId, badge, now, true);
    if (newBadge !== undefined) {
      const made = await handOut(tx, personId, newBadge, "newBadge", now);
      await tx.update(personBadge).set({ replacedBy: made }).where(eq(personBadge.id, old));
    }
    context.audit({
      action: "person.lose_badge",
      objectType: "person",
      objectId: personId,
      before: { badge },
      after: { badge: newBadge ?? null },
    });
    context.publish(personChanged, "plant", { personId });
    return { personId };
  },
});

async function lockPerson(tx: Tx, personId: string): Promise<void> {
  const [row] = await tx.select({ id: person.id }).from(person).where(eq(person.id, personId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "personId");
}

/** The index allows each number once among those in use, however many hands give at the same time. */
async function handOut(tx: Tx, personId: string, badge: string, field: string, now: number): Promise<number> {
  const [given] = await tx
    .insert(personBadge)
    .values({ personId, badge, givenAt: new Date(now) })
    .onConflictDoNothing()
    .returning({ id: personBadge.id });
  if (given !== undefined) return given.id;
  const [holder] = await tx
    .select({ name: person.name })
    .from(personBadge)
    .innerJoin(person, eq(person.id, personBadge.personId))
    .where(and(eq(personBadge.badge, badge), isNull(personBadge.takenAt)));
  throw new Refusal("badge_in_use", { badge, person: holder?.name ?? "?" }, field);
}

async function block(tx: Tx, personId: string, badge: string, now: number, lost: boolean): Promise<number> {
  const [taken] = await tx
    .update(personBadge)
    .set({ takenAt: new Date(now), lost })
    .where(and(eq(personBadge.personId, personId), eq(personBadge.badge, badge), isNull(personBadge.takenAt)))
    .returning({ id: personBadge.id });
  if (taken === undefined) throw new Refusal("not_found", {}, "badge");
  await tx.delete(badgeSession).where(eq(badgeSession.personId, personId));
  return taken.id;
}
