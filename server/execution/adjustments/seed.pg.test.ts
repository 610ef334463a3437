import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { fact } from "#db/schema/core/core.ts";
import { listRules } from "../detection/detection.queries.ts";
import { AdjustmentSummary, AdjustmentView } from "./adjustments.contract.ts";
import { findAdjustment, listAdjustments } from "./adjustments.queries.ts";
import { makeLoop } from "./loop-testing.ts";
import { outcomesOfRule } from "./outcomes.queries.ts";
import { predictProcess } from "./predict.rules.ts";
import { seedAdjustments } from "./seed.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

test("the demo's past has all three verdicts, stands in the rule's record, and teaches the next prediction", async () => {
  const { db } = handle;
  const { clock, people } = await makeLoop(db, "press-1");
  const decider = { id: people.dana.personId ?? "", name: "Dana" };
  await seedAdjustments(db, { now: clock.now(), decider });
  const list = await listAdjustments(db, { show: "all", limit: 100 });
  expect(new Set(list.map((a) => AdjustmentSummary.parse(a).state))).toEqual(
    new Set(["helped", "did_not_help", "cannot_tell"]),
  );
  expect(await listAdjustments(db, { show: "open", limit: 100 })).toEqual([]);
  const rule = (await listRules(db)).find((r) => r.kind === "temperature_drift");
  const { helped = 0, didNotHelp = 0, cannotTell = 0 } = rule?.record ?? {};
  expect(helped + didNotHelp + cannotTell).toBe(list.length);

  const view = AdjustmentView.parse(await findAdjustment(db, list[0]?.id ?? ""));
  expect(view.timeline.map((e) => e.event)).toContain("sent");
  expect(Math.min(...view.timeline.map((e) => e.at))).toBeGreaterThan(clock.now() - 30 * 86_400_000);

  const outcomes = await outcomesOfRule(db, rule?.id ?? 0, "temperature_drift");
  const predicted = predictProcess(240, -8, 1, outcomes, "°C");
  expect(predicted).toMatchObject({ basis: "outcomes", n: helped + didNotHelp });
  expect(predicted.high - predicted.low).toBeLessThan(4);

  // Past is past: nobody hears of it, and a second filling adds nothing.
  expect(await db.select().from(fact)).toEqual([]);
  await seedAdjustments(db, { now: clock.now(), decider });
  expect(await listAdjustments(db, { show: "all", limit: 100 })).toHaveLength(list.length);
});
