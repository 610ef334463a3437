import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { tag } from "#db/schema/device/tags.ts";
import { makeLoop } from "#server/execution/adjustments/loop-testing.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { adjustmentsRoutes } from "./adjustments.ts";

// A plant's seconds are hundreds of batches: a busy computer needs its time.
vi.setConfig({ testTimeout: 120_000 });

/** A set-point of the class "at the machine": the whole way from proposal to telegram, as the screens go it. */
let house: TestHouse;
let setter: TestBrowser;
let supervisor: TestBrowser;

beforeAll(async () => {
  house = await testHouse([adjustmentsRoutes]);
  setter = await house.signedIn("setter");
  supervisor = await house.signedIn("supervisor");
  for (const [code, role] of [
    ["1001", "operator"],
    ["2002", "quality"],
    ["2003", "maintenance"],
  ] as const)
    await house.person(code, [role], `${role} ${code}`);
});
afterAll(() => house.close());

const codeOf = (answer: { body: { refusal?: { code: string } } }) => answer.body.refusal?.code;

/** A running press of its own with its station, and a set-point that asks for a badge there. */
async function scene(code: string) {
  const loop = await makeLoop(house.db, code, house.clock.now());
  const tagId = loop.tags["MeltSetpoint"] ?? 0;
  const [row] = await house.db.select().from(tag).where(eq(tag.id, tagId));
  if (row?.writable == null) throw new Error("not writable");
  const writable = { ...row.writable, atMachine: true };
  await house.db.update(tag).set({ writable }).where(eq(tag.id, tagId));
  const station = await house.station([loop.machineId]);
  await loop.run(3);
  const input = { machineId: loop.machineId, tagId, value: 224, reason: "parts stick" };
  const { id } = (await setter.post("/adjustments", input)).body;
  return {
    loop,
    station,
    id,
    confirm: (browser: TestBrowser) => browser.post(`/adjustments/${id}/confirm`),
    shown: async () => (await station.get(`/adjustments?machine=${code}`)).body[0],
    /** Approved, announced at the station, and its countdown has run down. */
    async announced() {
      expect(codeOf(await supervisor.post(`/adjustments/${id}/approve`))).toBeUndefined();
      await loop.run(10);
    },
  };
}

test("a change at the machine waits past its countdown until somebody there has agreed by badge", async () => {
  const { loop, station, id, confirm, shown, announced } = await scene("press-7");
  const next = await house.station([house.machineId]);
  await announced();
  expect(await shown()).toMatchObject({ state: "announced", needsBadge: true });
  expect((await shown()).sendAt).toBeLessThanOrEqual(loop.clock.now());
  expect(loop.edge.received).toHaveLength(0);

  // Nobody signed on; a desk; another machine's station; a password at this station; a role that runs no machine.
  expect(codeOf(await confirm(station))).toBe("badge_needed");
  expect(codeOf(await confirm(supervisor))).toBe("badge_needed");
  await next.post("/session/badge", { badge: "1001" });
  expect(codeOf(await confirm(next))).toBe("badge_needed");
  const both = { cookie: `${station.cookies()}; ${supervisor.cookies()}` };
  const body = { commandId: crypto.randomUUID() };
  const withPassword = await house.browser().call("POST", `/adjustments/${id}/confirm`, body, both);
  expect(codeOf(withPassword)).toBe("badge_needed");
  await station.post("/session/badge", { badge: "2002" });
  expect(codeOf(await confirm(station))).toBe("not_allowed");
  await loop.run(1);
  expect(loop.edge.received).toHaveLength(0);

  await station.post("/session/badge", { badge: "1001" });
  expect((await confirm(station)).body).toMatchObject({ state: "announced", needsBadge: false });
  // A second tap is the same yes.
  expect((await confirm(station)).status).toBe(200);
  await loop.run(2);
  expect(loop.edge.received).toMatchObject([{ adjustmentId: id, value: 224 }]);
  const { body: view } = await station.get(`/adjustments/${id}`);
  const events = view.timeline.map(
    (entry: { event: string; by: { name: string } }) => `${entry.event} ${entry.by.name}`,
  );
  expect(events.filter((one: string) => one.startsWith("confirmed"))).toEqual(["confirmed operator 1001"]);
  expect(codeOf(await confirm(station))).toBe("already_decided");
});

test("a PIN at the machine agrees as well as a badge; a hold takes the agreement back", async () => {
  const { loop, station, id, confirm, shown, announced } = await scene("press-8");
  await announced();
  await station.post("/session/pin", { person: "2003", pin: "200300" });
  expect((await confirm(station)).body).toMatchObject({ needsBadge: false });
  await station.post(`/adjustments/${id}/hold`);
  await supervisor.post(`/adjustments/${id}/release`, { reason: "guard was looked at" });
  await loop.run(10);
  expect(await shown()).toMatchObject({ state: "announced", needsBadge: true });
  expect(loop.edge.received).toEqual([]);
  await confirm(station);
  await loop.run(2);
  expect(loop.edge.received).toHaveLength(1);
});

test("what waits for a badge is not announced to a machine that could not take it, and runs out", async () => {
  const { loop, station, id, confirm, shown, announced } = await scene("press-9");
  loop.press.guardOpen = true;
  await loop.run(2);
  await announced();
  expect(await shown()).toMatchObject({ state: "blocked", why: { code: "guard_open" } });
  loop.press.guardOpen = false;
  await loop.run(2);
  await supervisor.post(`/adjustments/${id}/release`, { reason: "guard is shut" });
  await loop.run(2);
  expect(await shown()).toMatchObject({ state: "announced", needsBadge: true });
  house.clock.advance((await shown()).notAfter - house.clock.now());
  await station.post("/session/badge", { badge: "1001" });
  expect(codeOf(await confirm(station))).toBe("expired");
});
