import { expect, test } from "vitest";
import { fromLocalInput, toLocalInput } from "./local-time.ts";

const berlin = "Europe/Berlin";

test("a time on the plant's clock comes back as the instant it was", () => {
  for (const at of [
    Date.UTC(2026, 10, 22, 5, 6, 7),
    Date.UTC(2026, 6, 1, 22, 30),
    Date.UTC(2026, 11, 31, 23, 59, 59),
  ])
    expect(fromLocalInput(toLocalInput(at, berlin), berlin)).toBe(at);
  expect(toLocalInput(Date.UTC(2026, 10, 22, 5), berlin)).toBe("2026-11-22T06:00:00");
  expect(fromLocalInput("2026-11-22T06:00", berlin)).toBe(Date.UTC(2026, 10, 22, 5));
  expect(fromLocalInput("", berlin)).toBeNull();
});

test("when the clocks change, a skipped time is the one after and a doubled one the first", () => {
  expect(fromLocalInput("2026-03-29T02:30:00", berlin)).toBe(Date.UTC(2026, 2, 29, 1, 30));
  expect(fromLocalInput("2026-10-25T02:30:00", berlin)).toBe(Date.UTC(2026, 9, 25, 0, 30));
  expect(fromLocalInput("2026-10-25T03:30:00", berlin)).toBe(Date.UTC(2026, 9, 25, 2, 30));
});
