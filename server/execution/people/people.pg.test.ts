import { createHash, randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { credential, personPin } from "#db/schema/core/auth.ts";
import { audit, command as commandTable } from "#db/schema/core/core.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { type Actor, founderActor } from "#server/core/actor.contract.ts";
import { canonicalJson } from "#server/core/audit.ts";
import { ManualClock } from "#server/core/clock.ts";
import { ensureAdministrator } from "./first-administrator.ts";
import { verifyPassword, verifyPin } from "./passwords.ts";
import { giveBadge, takeBadge } from "./badges.commands.ts";
import { addPerson, changePerson, setPassword, setPinCommand } from "./people.commands.ts";
import { listPeople } from "./people.queries.ts";
import { touchStation } from "./presence.ts";
import { changeStation, makeStation, revokeStation } from "./stations.commands.ts";
import { listStations, stationsOnline } from "./stations.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let deps: { db: typeof handle.db; clock: ManualClock };
let machines: number[];
const clock = new ManualClock(Date.UTC(2026, 10, 22, 8));
const founder = founderActor("seed");
const pepper = "pepper of the house";
const setPin = setPinCommand(pepper);

beforeAll(async () => {
  handle = await testDb();
  deps = { db: handle.db, clock };
  const [line] = await handle.db
    .insert(equipment)
    .values({ level: "line", code: "moulding", name: "Moulding" })
    .returning();
  const rows = ["press-1", "press-2"].map((code) => ({
    lineId: line?.id ?? 0,
    code,
    name: code,
    kind: "press",
    microStopMs: 1000,
    staleMs: 5000,
  }));
  machines = (await handle.db.insert(workUnit).values(rows).returning()).map((row) => row.id);
});
afterAll(() => handle.close());

const add = async (code: string, roles = ["operator"]) =>
  (await addPerson.execute(deps, founder, randomUUID(), { code, name: `Person ${code}`, roles })).personId;
const one = async (id: string) => (await listPeople(handle.db)).find((person) => person.id === id);

test("an empty house gets one administrator with a random password, once", async () => {
  const first = await ensureAdministrator(deps);
  expect(first?.code).toBe("admin");
  expect(first?.password).toMatch(/^[\w-]{20}$/);
  expect(await ensureAdministrator(deps)).toBeNull();
  expect(await listPeople(handle.db)).toMatchObject([
    { code: "admin", roles: ["administrator"], hasPassword: true },
  ]);
});

test("a person gets a badge, a PIN and a password; none of the secrets is stored or recorded", async () => {
  const personId = await add("1001");
  await giveBadge.execute(deps, founder, randomUUID(), { personId, badge: "1001" });
  await setPin.execute(deps, founder, randomUUID(), { personId, pin: "100100" });
  await setPassword.execute(deps, founder, randomUUID(), { personId, password: "correct horse" });
  expect(await one(personId)).toMatchObject({ badges: ["1001"], hasPin: true, hasPassword: true });

  const [pin] = await handle.db.select().from(personPin).where(eq(personPin.personId, personId));
  expect(await verifyPin(pin?.hash ?? null, "100100", pepper)).toBe(true);
  expect(await verifyPin(pin?.hash ?? null, "100101", pepper)).toBe(false);
  expect(await verifyPin(pin?.hash ?? null, "100100", "another house").catch(() => false)).toBe(false);
  expect(await verifyPin(null, "100100", pepper)).toBe(false);
  const [stored] = await handle.db.select().from(credential).where(eq(credential.userId, personId));
  expect(await verifyPassword(stored?.password ?? "", "correct horse")).toBe(true);

  const record = JSON.stringify([
    await handle.db.select().from(audit),
    await handle.db.select().from(commandTable),
  ]);
  expect(record).not.toContain("100100");
  expect(record).not.toContain("correct horse");
  // The fingerprint of a command must not be a hash by which six digits can be found.
  const guess = createHash("sha256")
    .update(canonicalJson({ name: setPin.name, input: { personId, pin: "100100" } }))
    .digest();
  const prints = (await handle.db.select().from(commandTable)).map((row) =>
    Buffer.from(row.inputHash).toString("hex"),
  );
  expect(prints).not.toContain(guess.toString("hex"));
});

test("a badge is in one hand at a time, and a lost one can be given again", async () => {
  const [ben, chen] = [await add("1002"), await add("1003")];
  await giveBadge.execute(deps, founder, randomUUID(), { personId: ben, badge: "B-7" });
  const twice = giveBadge.execute(deps, founder, randomUUID(), { personId: chen, badge: "B-7" });
  await expect(twice).rejects.toMatchObject({
    code: "badge_in_use",
    params: { badge: "B-7", person: "Person 1002" },
    field: "badge",
  });
  await takeBadge.execute(deps, founder, randomUUID(), { personId: ben, badge: "B-7" });
  await giveBadge.execute(deps, founder, randomUUID(), { personId: chen, badge: "B-7" });
  expect((await one(ben))?.badges).toEqual([]);
  expect((await one(chen))?.badges).toEqual(["B-7"]);
  const gone = takeBadge.execute(deps, founder, randomUUID(), { personId: ben, badge: "B-7" });
  await expect(gone).rejects.toMatchObject({ code: "not_found" });
});

test("a code is one person's, whatever the case; a change keeps what is not named and stands in the record", async () => {
  const personId = await add("Dana");
  await expect(add("Dana")).rejects.toMatchObject({ code: "already_taken" });
  await expect(add("dANA")).rejects.toMatchObject({ code: "already_taken" });
  await changePerson.execute(deps, founder, randomUUID(), {
    personId,
    roles: ["supervisor", "quality", "supervisor"],
  });
  expect(await one(personId)).toMatchObject({
    name: "Person Dana",
    roles: ["supervisor", "quality"],
    active: true,
  });
  const rows = await handle.db.select().from(audit).where(eq(audit.objectId, personId));
  expect(rows.at(-1)).toMatchObject({
    action: "person.change",
    before: { roles: ["operator"], active: true },
    after: { roles: ["supervisor", "quality"], active: true },
  });
});

test("only an administrator manages people and stations", async () => {
  const supervisor: Actor = { kind: "person", personId: randomUUID(), name: "Dana", roles: ["supervisor"] };
  const person = addPerson.execute(deps, supervisor, randomUUID(), {
    code: "x1",
    name: "X",
    roles: ["administrator"],
  });
  await expect(person).rejects.toMatchObject({ code: "not_allowed" });
  const station = makeStation.execute(deps, supervisor, randomUUID(), { name: "X", machineIds: machines });
  await expect(station).rejects.toMatchObject({ code: "not_allowed" });
});

test.each([
  ["a control character in the name", { name: "A\u0000" }, "name"],
  ["a name of nothing", { name: "  " }, "name"],
  ["a role that people do not have", { roles: ["service"] }, "roles.0"],
  ["no role", { roles: [] }, "roles"],
  ["a code with a space", { code: "1 2" }, "code"],
])("%s is refused and named", async (_what, change, field) => {
  const input = { code: "9999", name: "X", roles: ["operator"], ...change };
  await expect(addPerson.execute(deps, founder, randomUUID(), input)).rejects.toMatchObject({
    code: "invalid",
    field,
  });
});

test("a machine's stations are online while they were seen, and not when shut out or moved away", async () => {
  const made = await makeStation.execute(deps, founder, randomUUID(), {
    name: "Hall 1",
    machineIds: [machines[0], machines[0]],
  });
  const { stationId } = made;
  const online = (machine: number | undefined, withinMs = 15_000) =>
    stationsOnline(handle.db, machine ?? 0, clock.now(), withinMs);
  expect(await online(machines[0])).toEqual([]);
  await touchStation(handle.db, stationId, clock.now());
  expect(await online(machines[0])).toEqual([stationId]);
  expect(await online(machines[1])).toEqual([]);
  clock.advance(15_001);
  expect(await online(machines[0])).toEqual([]);
  await touchStation(handle.db, stationId, clock.now());
  await changeStation.execute(deps, founder, randomUUID(), {
    stationId,
    machineIds: [machines[1]],
    theme: "dark",
    mmPerPx: 0.27,
  });
  expect(await online(machines[0])).toEqual([]);
  expect(await online(machines[1])).toEqual([stationId]);
  expect((await listStations(handle.db, clock.now()))[0]).toMatchObject({
    theme: "dark",
    mmPerPx: 0.27,
    machines: [{ id: machines[1], code: "press-2" }],
    lastSeenAt: clock.now(),
    revokedAt: null,
    devices: 0,
  });
  await revokeStation.execute(deps, founder, randomUUID(), { stationId });
  expect(await online(machines[1])).toEqual([]);
});

test("a station of an unknown machine, or under a name that is in use, is refused", async () => {
  const unknown = makeStation.execute(deps, founder, randomUUID(), { name: "Hall 9", machineIds: [99_999] });
  await expect(unknown).rejects.toMatchObject({ code: "not_found", field: "machineIds" });
  const taken = makeStation.execute(deps, founder, randomUUID(), { name: "Hall 1", machineIds: machines });
  await expect(taken).rejects.toMatchObject({ code: "already_taken", field: "name" });
});
