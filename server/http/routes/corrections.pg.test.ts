import { afterAll, beforeAll, expect, test } from "vitest";
import { correctedDay, early, hour } from "#server/enterprise/corrections/testing.ts";
import { allRoutes, type TestHouse, testHouse } from "../testing.ts";

let house: TestHouse;
beforeAll(async () => {
  house = await testHouse(allRoutes(), {
    alone: true,
  });
});
afterAll(() => house.close());

test("a supervisor asks what a correction changes and saves it; nobody else may, and nothing is saved unseen", async () => {
  const day = await correctedDay(house.db, "http-1");
  house.clock.jumpTo(day.clock.now());
  const correction = {
    kind: "count",
    machineId: day.m.id,
    from: early + hour,
    to: early + 2 * hour,
    good: 50,
    scrap: 10,
  };
  const supervisor = await house.signedIn("supervisor");
  const quality = await house.signedIn("quality");
  const asked = await supervisor.call("POST", "/corrections/preview", { correction });
  expect(asked.status).toBe(200);
  const { asOf, fingerprint, counted } = asked.body as unknown as Record<string, unknown>;
  expect(counted).toEqual({ good: 60, scrap: 0 });
  expect((await quality.call("POST", "/corrections/preview", { correction })).status).toBe(403);
  expect((await supervisor.call("POST", "/corrections/preview", { correction: { kind: "x" } })).status).toBe(
    400,
  );
  const save = { commandId: crypto.randomUUID(), correction, asOf, fingerprint, reason: "ten were short" };
  const unseen = { ...save, commandId: crypto.randomUUID(), fingerprint: "0".repeat(64) };
  const refused = await supervisor.call("POST", "/corrections", unseen);
  expect([refused.status, refused.body.refusal?.code]).toEqual([409, "preview_changed"]);
  expect((await quality.call("POST", "/corrections", save)).status).toBe(403);
  const saved = await supervisor.call("POST", "/corrections", save);
  expect(saved.status).toBe(200);
  // The same press once more is the same correction.
  expect((await supervisor.call("POST", "/corrections", save)).body).toEqual(saved.body);
  const list = await supervisor.get("/corrections");
  expect(list.body).toMatchObject([{ kind: "count", reason: "ten were short", undone: false }]);
  const runs = await supervisor.get(
    `/corrections/runs?machineId=${String(day.m.id)}&from=${String(early)}&to=${String(early + hour)}`,
  );
  expect(runs.body).toMatchObject([{ orderCode: "http-1-A", good: 229, scrap: 10 }]);
});
