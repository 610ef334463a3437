import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { audit } from "#db/schema/core/core.ts";
import { founderActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { setSite } from "../plant/plant.commands.ts";
import { giveBadge, loseBadge, takeBadge } from "./badges.commands.ts";
import { addPerson } from "./people.commands.ts";
import { listPeople } from "./people.queries.ts";
import { addSkill, changeSkill, giveSkill, takeSkill } from "./skills.commands.ts";
import { listSkills } from "./skills.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
// Half past eleven in the evening in UTC: in Berlin the next day has begun.
const clock = new ManualClock(Date.UTC(2026, 10, 22, 23, 30));
const founder = founderActor("test");
const act = <I, O>(command: Command<I, O>, input: unknown): Promise<O> =>
  command.execute({ db: handle.db, clock }, founder, randomUUID(), input);
const person = async (code: string) =>
  (await act(addPerson, { code, name: `Person ${code}`, roles: ["operator"] })).personId;
const page = async (personId: string) => {
  const found = (await listPeople(handle.db)).find(({ id }) => id === personId);
  if (found === undefined) throw new Error("nobody");
  return found;
};

beforeAll(async () => {
  handle = await testDb();
  await act(setSite, { name: "Works", timeZone: "Europe/Berlin" });
});
afterAll(() => handle.close());

test("a skill is given from the plant's own day on, said anew, and taken back; the record says each", async () => {
  const personId = await person("s-1");
  const { skillId } = await act(addSkill, { code: "fork-lift", name: "Fork-lift truck" });
  await act(giveSkill, { personId, skillId, expiresOn: "2027-11-22" });
  const first = { skillId, name: "Fork-lift truck", since: "2026-11-23", expiresOn: "2027-11-22" };
  expect((await page(personId)).skills).toEqual([first]);
  await act(giveSkill, { personId, skillId, since: "2026-11-01", expiresOn: null });
  expect((await page(personId)).skills).toMatchObject([{ since: "2026-11-01", expiresOn: null }]);
  await act(takeSkill, { personId, skillId });
  expect((await page(personId)).skills).toEqual([]);
  await expect(act(takeSkill, { personId, skillId })).rejects.toMatchObject({ code: "not_found" });
  const field = `skill:${String(skillId)}`;
  const rows = await handle.db
    .select()
    .from(audit)
    .where(and(eq(audit.objectId, personId), eq(audit.action, "person.give_skill")));
  expect(rows.map((row) => [row.before, row.after])).toMatchObject([
    [{ [field]: null }, { [field]: { since: "2026-11-23", expiresOn: "2027-11-22" } }],
    [{ [field]: { since: "2026-11-23", expiresOn: "2027-11-22" } }, { [field]: { expiresOn: null } }],
  ]);
});

test("the list is closed: what was put away is given to nobody more, and whoever has it keeps it", async () => {
  const [ann, bob] = [await person("s-2"), await person("s-3")];
  const { skillId } = await act(addSkill, { code: "welding", name: "Welding" });
  await expect(act(addSkill, { code: "welding", name: "Again" })).rejects.toMatchObject({
    code: "already_taken",
  });
  await act(giveSkill, { personId: ann, skillId });
  await act(changeSkill, { skillId, active: false });
  await expect(act(giveSkill, { personId: bob, skillId })).rejects.toMatchObject({
    code: "skill_retired",
    params: { skill: "Welding" },
  });
  await expect(act(giveSkill, { personId: bob, skillId: 999 })).rejects.toMatchObject({ code: "not_found" });
  expect((await page(ann)).skills).toMatchObject([{ skillId }]);
  expect((await listSkills(handle.db)).find(({ id }) => id === skillId)).toMatchObject({ active: false });
  const over = { personId: bob, skillId: 1, since: "2026-11-23", expiresOn: "2026-11-22" };
  await expect(act(giveSkill, over)).rejects.toMatchObject({ code: "invalid", field: "expiresOn" });
});

test("a lost badge is replaced in the same moment, and every badge somebody had stays in the list", async () => {
  const [ann, bob] = [await person("s-4"), await person("s-5")];
  await act(giveBadge, { personId: ann, badge: "B-1" });
  await act(giveBadge, { personId: bob, badge: "B-2" });
  // The new one is somebody else's: then the old one is not blocked either, for nothing was done.
  await expect(act(loseBadge, { personId: ann, badge: "B-1", newBadge: "B-2" })).rejects.toMatchObject({
    code: "badge_in_use",
    params: { badge: "B-2", person: "Person s-5" },
    field: "newBadge",
  });
  expect((await page(ann)).badges).toEqual(["B-1"]);
  await act(loseBadge, { personId: ann, badge: "B-1", newBadge: "B-3" });
  await act(takeBadge, { personId: bob, badge: "B-2" });
  expect((await page(ann)).badges).toEqual(["B-3"]);
  expect((await page(ann)).badgeHistory).toEqual([
    { badge: "B-3", givenAt: clock.now(), takenAt: null, lost: false, replacedBy: null },
    { badge: "B-1", givenAt: clock.now(), takenAt: clock.now(), lost: true, replacedBy: "B-3" },
  ]);
  expect((await page(bob)).badgeHistory).toMatchObject([{ badge: "B-2", lost: false, replacedBy: null }]);
});
