import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { badgeSession, userSession } from "#db/schema/core/auth.ts";
import { audit } from "#db/schema/core/core.ts";
import { takeBadge } from "#server/execution/people/badges.commands.ts";
import { changePerson } from "#server/execution/people/people.commands.ts";
import { revokeStation } from "#server/execution/people/stations.commands.ts";
import { tokenHash } from "#server/core/tokens.ts";
import { accessSchedules } from "./access.schedules.ts";
import { cookieNames, readCookie } from "./cookies.ts";
import { silentLogger } from "#server/core/log.ts";
import { type TestBrowser, type TestHouse, testHouse } from "./testing.ts";

let house: TestHouse;
beforeAll(async () => {
  house = await testHouse();
  await house.person("1001", ["operator"], "Ada");
  await house.person("1002", ["operator"], "Ben");
  await house.person("2001", ["supervisor"], "Dana");
  await house.person("9001", ["administrator"], "Hugo");
});
afterAll(() => house.close());

const minute = 60_000;
const cookie = (browser: TestBrowser, name: keyof typeof cookieNames) =>
  readCookie(new Headers({ cookie: browser.cookies() }), cookieNames[name]) ?? "";
const deps = () => ({ db: house.db, clock: house.clock });

test("anybody may look at a station, and it knows its machine", async () => {
  const station = await house.station();
  const { status, body } = await station.get("/session");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    actor: { kind: "station", roles: [], stationId: station.stationId, machineIds: [house.machineId] },
    station: { id: station.stationId, machines: [{ id: house.machineId, code: "press-1" }] },
    landing: "/floor/press-1",
    until: null,
  });
});

test("a badge puts a name on what is done at this station until five minutes without a touch", async () => {
  const station = await house.station();
  const signed = await station.post("/session/badge", { badge: "1001" });
  expect(signed.body.actor).toMatchObject({
    kind: "person",
    name: "Ada",
    roles: ["operator"],
    machineIds: [house.machineId],
  });
  expect(signed.body.landing).toBe("/floor/press-1");
  house.clock.advance(4 * minute);
  // Reading is no touch: a screen that re-reads by itself must not keep anybody signed on.
  expect((await station.get("/session")).body.actor.name).toBe("Ada");
  house.clock.advance(2 * minute);
  expect((await station.get("/session")).body.actor.kind).toBe("station");
});

test("a touch keeps somebody signed on, but not longer than twelve hours", async () => {
  const station = await house.station();
  await station.post("/session/badge", { badge: "1001" });
  for (let i = 0; i < 12 * 15 - 1; i++) {
    house.clock.advance(4 * minute);
    await station.post("/session/active");
  }
  expect((await station.get("/session")).body.actor.name).toBe("Ada");
  house.clock.advance(4 * minute);
  expect((await station.get("/session")).body.actor.kind).toBe("station");
});

test("the next badge ends the previous one and brings a new token", async () => {
  const station = await house.station();
  await station.post("/session/badge", { badge: "1001" });
  const first = cookie(station, "badge");
  await station.post("/session/badge", { badge: "1002" });
  const second = cookie(station, "badge");
  expect(second).not.toBe(first);
  expect((await station.get("/session")).body.actor.name).toBe("Ben");
  expect(
    await house.db
      .select()
      .from(badgeSession)
      .where(eq(badgeSession.tokenHash, tokenHash(first))),
  ).toEqual([]);
});

test("a token that a stranger planted is worth nothing after signing on", async () => {
  const station = await house.station();
  const planted = "planted-by-somebody-else";
  const headers = { cookie: `${station.cookies()}; ${cookieNames.badge}=${planted}` };
  const signed = await station.call("POST", "/session/badge", { badge: "1001" }, headers);
  expect(signed.status).toBe(200);
  expect(cookie(station, "badge")).not.toBe(planted);
  const stranger = await station.call("GET", "/session", undefined, headers);
  expect(stranger.body.actor.kind).toBe("station");
});

test("a badge and a PIN count on enrolled stations only, and a copied badge cookie at its own station only", async () => {
  const desk = house.browser();
  expect((await desk.post("/session/badge", { badge: "1001" })).body.refusal.code).toBe("not_a_station");
  expect((await desk.post("/session/pin", { person: "1001", pin: "100100" })).body.refusal.code).toBe(
    "not_a_station",
  );
  const [one, two] = [await house.station(), await house.station()];
  await one.post("/session/badge", { badge: "1001" });
  const copied = {
    cookie: `${cookieNames.station}=${cookie(two, "station")}; ${cookieNames.badge}=${cookie(one, "badge")}`,
  };
  expect((await house.browser().call("GET", "/session", undefined, copied)).body.actor.kind).toBe("station");
});

test("an unknown badge and a lost one get the same answer", async () => {
  const station = await house.station();
  const personId = await house.person("1009", ["operator"]);
  await takeBadge.execute(deps(), house.founder, crypto.randomUUID(), { personId, badge: "1009" });
  for (const badge of ["nobody-has-this", "1009"]) {
    const { status, body } = await station.post("/session/badge", { badge });
    expect([status, body]).toEqual([401, { refusal: { code: "badge_unknown", params: {} } }]);
  }
});

test("a supervisor signs in by password and begins in the office", async () => {
  const desk = house.browser();
  const wrong = await desk.post("/session/password", { person: "2001", password: "password-2002" });
  const unknown = await desk.post("/session/password", { person: "nobody", password: "password-2002" });
  expect([wrong.status, wrong.body]).toEqual([401, { refusal: { code: "sign_in_wrong", params: {} } }]);
  expect(unknown.body).toEqual(wrong.body);
  const { body, headers } = await desk.post("/session/password", {
    person: "2001",
    password: "password-2001",
  });
  expect(body).toMatchObject({ actor: { kind: "person", name: "Dana" }, landing: "/office", station: null });
  expect(headers.getSetCookie().join()).toMatch(/__Host-session=[^;]+;.*HttpOnly.*Secure.*SameSite=Strict/i);
  expect((await desk.get("/session")).body.actor.name).toBe("Dana");
  expect(
    (await house.browser().call("GET", "/session", undefined, { cookie: "__Host-session=forged.signature" }))
      .status,
  ).toBe(401);
});

test("signing off ends the session in the database, so a copied cookie is dead, and its sockets are told", async () => {
  const desk = house.browser();
  await desk.post("/session/password", { person: "2001", password: "password-2001" });
  const copied = { cookie: desk.cookies() };
  const session = (await house.auth.identify(new Headers(copied))).session;
  const ended: unknown[] = [];
  const stop = house.auth.onSessionEnded((one) => ended.push(one));
  expect((await desk.call("DELETE", "/session")).body).toEqual({ ended: true });
  stop();
  expect(ended).toEqual([{ sessionIds: [session?.id] }]);
  expect((await house.browser().call("GET", "/session", undefined, copied)).status).toBe(401);
  expect(
    await house.db
      .select()
      .from(userSession)
      .where(eq(userSession.id, session?.id ?? "")),
  ).toEqual([]);
});

test("whoever may not come in any more is out at once", async () => {
  const personId = await house.person("2005", ["supervisor"]);
  const desk = house.browser();
  await desk.post("/session/password", { person: "2005", password: "password-2005" });
  const station = await house.station();
  await station.post("/session/badge", { badge: "2005" });
  await changePerson.execute(deps(), house.founder, crypto.randomUUID(), { personId, active: false });
  expect((await desk.get("/session")).status).toBe(401);
  expect((await station.get("/session")).body.actor.kind).toBe("station");
  const again = await desk.post("/session/password", { person: "2005", password: "password-2005" });
  expect(again.body.refusal.code).toBe("sign_in_wrong");
  expect(await house.db.select().from(userSession).where(eq(userSession.userId, personId))).toEqual([]);
});

test("a code makes one device a station, once and within ten minutes", async () => {
  const admin = await house.signedIn("administrator");
  const made = await admin.post("/stations", { name: "Hall 3", machineIds: [house.machineId] });
  expect(made.status).toBe(200);
  const spoken = `${made.body.code.slice(0, 5)}-${made.body.code.slice(5)}`.toLowerCase();
  const tablet = house.browser();
  expect((await tablet.post("/stations/enrol", { code: spoken })).body.station.name).toBe("Hall 3");
  expect((await house.browser().post("/stations/enrol", { code: spoken })).body.refusal.code).toBe(
    "code_wrong",
  );
  const late = await admin.post(`/stations/${made.body.stationId}/code`);
  house.clock.advance(10 * minute);
  expect((await house.browser().post("/stations/enrol", { code: late.body.code })).body.refusal.code).toBe(
    "code_wrong",
  );
  const long = await admin.post(`/stations/${made.body.stationId}/code`, { codeMinutes: 10_000 });
  expect(long.body.refusal).toMatchObject({ code: "value_out_of_range", field: "codeMinutes" });
  for (const codeUses of [2, null]) {
    const many = await admin.post(`/stations/${made.body.stationId}/code`, { codeUses });
    expect(many.body.refusal).toMatchObject({ code: "value_out_of_range", field: "codeUses" });
  }
});

test("whoever enrols a device is signed off there: the screen stands open on the floor", async () => {
  const admin = await house.signedIn("administrator");
  const made = await admin.post("/stations", { name: "Hall 4", machineIds: [house.machineId] });
  expect((await admin.post("/stations/enrol", { code: made.body.code })).body.actor.kind).toBe("station");
});

test("a station that is shut out sees nothing any more", async () => {
  const station = await house.station();
  await revokeStation.execute(deps(), house.founder, crypto.randomUUID(), { stationId: station.stationId });
  expect((await station.get("/session")).status).toBe(401);
});

test("a station in use stays one; one that nobody used for thirty days does not", async () => {
  const [used, forgotten] = [await house.station(), await house.station()];
  for (let day = 0; day < 31; day++) {
    house.clock.advance(24 * 60 * minute);
    await used.get("/session");
  }
  expect((await used.get("/session")).status).toBe(200);
  expect((await forgotten.get("/session")).status).toBe(401);
});

test("idle sessions are swept and their sockets told", async () => {
  const station = await house.station();
  await station.post("/session/badge", { badge: "1001" });
  const session = (await house.auth.identify(new Headers({ cookie: station.cookies() }))).session;
  house.clock.advance(6 * minute);
  const ended: (readonly string[] | undefined)[] = [];
  const stop = house.auth.onSessionEnded((one) => ended.push(one.sessionIds));
  for (const schedule of accessSchedules(house.auth)) {
    await house.db.transaction((tx) => schedule.run({ tx, now: house.clock.now(), log: silentLogger }));
  }
  stop();
  expect(ended.flat()).toContain(session?.id);
});

test("every coming and going stands in the record, and no PIN, badge or password with it", async () => {
  const station = await house.station();
  expect((await station.post("/session/pin", { person: "ghost-1", pin: "999999" })).status).toBe(401);
  expect((await station.post("/session/pin", { person: "1001", pin: "100100" })).status).toBe(200);
  const rows = await house.db.select().from(audit);
  expect(rows.map((row) => row.action)).toEqual(
    expect.arrayContaining(["session.start", "session.end", "session.refuse", "station.enrol"]),
  );
  const text = JSON.stringify(rows.filter((row) => row.action.startsWith("session.")));
  for (const secret of ["999999", "100100", "password-", "nobody-has-this", "ghost-"])
    expect(text).not.toContain(secret);
});
