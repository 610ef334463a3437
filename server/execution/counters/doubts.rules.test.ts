import { expect, test } from "vitest";
import { whyNotDecide } from "./doubts.rules.ts";

test("a counter without a top did not roll over; a reset or a wrong reading may be said of any", () => {
  expect(whyNotDecide({ ifRollover: null }, "rollover")).toMatchObject({
    code: "invalid",
    field: "decision",
  });
  expect(whyNotDecide({ ifRollover: 18 }, "rollover")).toBeNull();
  expect(whyNotDecide({ ifRollover: null }, "reset")).toBeNull();
  expect(whyNotDecide({ ifRollover: null }, "wrong")).toBeNull();
});
