import { afterAll, beforeAll, expect, test } from "vitest";
import { giveBadge } from "#server/execution/people/badges.commands.ts";
import { type TestHouse, testBrowser, testHouse } from "./testing.ts";

let house: TestHouse;
beforeAll(async () => {
  house = await testHouse();
  await house.person("1001", ["operator"], "Ada");
});
afterAll(() => house.close());

const minute = 60_000;
const deps = () => ({ db: house.db, clock: house.clock });

test("five wrong PINs lock the person out for one, five and thirty minutes, also after a restart", async () => {
  await house.person("1003", ["operator"]);
  const station = await house.station();
  const attempt = (app = house.app, pin = "999999") => {
    const browser = testBrowser(app);
    return browser.call("POST", "/session/pin", { person: "1003", pin }, { cookie: station.cookies() });
  };
  for (let i = 0; i < 5; i++) expect((await attempt()).body.refusal.code).toBe("pin_wrong");
  const locked = await attempt(house.app, "100300");
  expect([locked.status, locked.body.refusal]).toEqual([
    429,
    { code: "pin_throttled", params: { seconds: 60 } },
  ]);
  expect(locked.headers.get("retry-after")).toBe("60");
  expect((await attempt(house.restarted().app, "100300")).body.refusal.code).toBe("pin_throttled");
  for (const minutes of [1, 5, 30]) {
    house.clock.advance(minutes * minute);
    expect((await attempt()).body.refusal.code).toBe("pin_wrong");
    const next = { 1: 5, 5: 30, 30: 30 }[minutes] ?? 0;
    expect((await attempt()).body.refusal.params.seconds).toBe(next * 60);
  }
  house.clock.advance(30 * minute);
  expect((await attempt(house.app, "100300")).status).toBe(200);
  expect((await attempt()).body.refusal.code).toBe("pin_wrong");
});

test("wrong PINs by code and by badge are one person's, at every station, and a right one forgives them", async () => {
  const personId = await house.person("1005", ["operator"]);
  const given = { personId, badge: "77001005" };
  await giveBadge.execute(deps(), house.founder, crypto.randomUUID(), given);
  const [here, there] = [await house.station(), await house.station()];
  const attempt = async (person: string, pin = "999999", at = here) =>
    (await at.post("/session/pin", { person, pin })).body;
  for (const name of ["1005", "77001005", "1005", "77001005"])
    expect((await attempt(name)).refusal.code).toBe("pin_wrong");
  expect((await attempt("77001005", "100500")).actor.personId).toBe(personId);
  for (const name of ["77001005", "1005", "77001005", "1005", "77001005"])
    expect((await attempt(name)).refusal.code).toBe("pin_wrong");
  for (const name of ["1005", "77001005"]) {
    expect((await attempt(name, "100500")).refusal.code).toBe("pin_throttled");
    expect((await attempt(name, "100500", there)).refusal.code).toBe("pin_throttled");
  }
  // Only this person waits, not the station.
  expect((await attempt("1001", "100100")).actor.name).toBe("Ada");
  house.clock.advance(minute);
  expect((await attempt("1005", "100500", there)).actor.personId).toBe(personId);
});

test("guesses that arrive all at once are counted one by one", async () => {
  await house.person("1004", ["operator"]);
  const station = await house.station();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () =>
      house
        .browser()
        .call("POST", "/session/pin", { person: "1004", pin: "000000" }, { cookie: station.cookies() }),
    ),
  );
  expect(answers.filter((one) => one.body.refusal.code === "pin_wrong")).toHaveLength(5);
  expect(answers.filter((one) => one.body.refusal.code === "pin_throttled")).toHaveLength(7);
});

test("an unknown person is throttled just like a known one", async () => {
  const station = await house.station();
  const codes: string[] = [];
  for (let i = 0; i < 6; i++) {
    codes.push(
      (await station.post("/session/pin", { person: "no-such-person", pin: "123456" })).body.refusal.code,
    );
  }
  expect(codes).toEqual([...Array.from({ length: 5 }, () => "pin_wrong"), "pin_throttled"]);
});

test("twenty failures an hour close a station's PIN pad, whoever they were about", async () => {
  const station = await house.station();
  const codes: string[] = [];
  for (let i = 0; i < 21; i++) {
    codes.push(
      (await station.post("/session/pin", { person: `ghost-${i}`, pin: "123456" })).body.refusal.code,
    );
  }
  expect(codes.filter((code) => code === "pin_wrong")).toHaveLength(20);
  expect(codes.at(-1)).toBe("pin_throttled");
});
