import { expect, test } from "vitest";
import { instantOfLocal, localText } from "./local-time.rules.ts";

test.each([
  ["2026-11-30T14:00", "Europe/Berlin", Date.UTC(2026, 10, 30, 13)],
  ["2026-07-01T14:00", "Europe/Berlin", Date.UTC(2026, 6, 1, 12)],
  ["2026-07-01T14:00", "UTC", Date.UTC(2026, 6, 1, 14)],
])("an order that is due at %s in %s is due then, and is written back so", (text, zone, at) => {
  expect(instantOfLocal(text, zone)).toBe(at);
  expect(localText(at, zone)).toBe(text.replace("T", " "));
});
