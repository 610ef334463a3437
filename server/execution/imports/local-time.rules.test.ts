import { expect, test } from "vitest";
import { byStart, instantOfLocal, localText, startsIn } from "./local-time.rules.ts";

test.each([
  ["2026-11-30T14:00", "Europe/Berlin", Date.UTC(2026, 10, 30, 13)],
  ["2026-07-01T14:00", "Europe/Berlin", Date.UTC(2026, 6, 1, 12)],
  ["2026-07-01T14:00", "UTC", Date.UTC(2026, 6, 1, 14)],
])("an order that is due at %s in %s is due then, and is written back so", (text, zone, at) => {
  expect(instantOfLocal(text, zone)).toBe(at);
  expect(localText(at, zone)).toBe(text.replace("T", " "));
});

test("what is said for always stands before what is said from a day on, the earliest first", () => {
  const rows = [{ from: "2026-10-01T00:00" }, { from: "2026-09-01T00:00" }, { from: null }];
  expect(rows.toSorted(byStart).map(({ from }) => from)).toEqual([
    null,
    "2026-09-01T00:00",
    "2026-10-01T00:00",
  ]);
});

test("a file shows no seconds: what was said within that minute is meant", () => {
  const minute = Date.UTC(2026, 10, 30, 13);
  const said = [{ from: null }, { from: minute + 22_345 }];
  const at = (text: string | null, several = false) => startsIn(text, "Europe/Berlin", said, several, 7);
  expect(at("2026-11-30T14:00")).toEqual({ from: minute + 22_345, at: minute + 22_345 });
  expect(at("2026-11-30T14:01")).toEqual({ from: minute + 60_000, at: minute + 60_000 });
  expect(at(null)).toEqual({ from: undefined, at: 7 });
  expect(at(null, true)).toEqual({ from: undefined, at: -Infinity });
});
