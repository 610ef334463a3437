import { expect, test } from "vitest";
import { defaultRetention } from "./retention.contract.ts";
import { whyNotRetention } from "./retention.rules.ts";

test("minutes outlive the raw readings of every class, for a closed shift stands on one or the other", () => {
  expect(whyNotRetention(defaultRetention)).toBeNull();
  for (const name of ["processDays", "stateDays", "energyDays"] as const)
    expect(whyNotRetention({ ...defaultRetention, [name]: 401 })).toMatchObject({
      code: "rollups_shorter",
      params: { days: 401 },
      field: "rollup1mDays",
    });
  expect(whyNotRetention({ ...defaultRetention, energyDays: 400 })).toBeNull();
});

test("ten seconds are never kept longer than minutes", () => {
  expect(whyNotRetention({ ...defaultRetention, rollup10sDays: 500 })).toMatchObject({
    code: "rollups_shorter",
    params: { days: 500 },
  });
});
