import { expect, test } from "vitest";
import { addPoint, emptyTrail, leaveOut, qualityOf, restartCounts } from "./evidence.rules.ts";

test("what was used and what was left out is counted by reason; the chart stays bounded", () => {
  let trail = emptyTrail;
  for (let i = 0; i < 200; i++) trail = addPoint(trail, { at: i, value: i, statistic: 0 });
  trail = leaveOut(leaveOut(leaveOut(trail, "bad"), "bad"), "starved");
  expect(trail.points).toHaveLength(60);
  expect(trail.points.at(-1)?.at).toBe(199);
  expect(qualityOf(trail)).toEqual({ used: 200, excluded: 3, reasons: { bad: 2, starved: 1 } });
  expect(qualityOf(restartCounts(trail))).toEqual({ used: 0, excluded: 0, reasons: {} });
});
