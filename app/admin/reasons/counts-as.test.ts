import { expect, test } from "vitest";
import { countsAs } from "./counts-as.ts";

test("a reason is a delay unless it is said to be set-up; planned time goes before both", () => {
  const as = (planned: boolean, changeover: boolean) => countsAs({ planned, changeover });
  expect([as(false, false), as(false, true), as(true, false), as(true, true)]).toEqual([
    "delay",
    "setup",
    "planned",
    "planned",
  ]);
});
