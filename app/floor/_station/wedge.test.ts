import { expect, test } from "vitest";
import { Wedge } from "./wedge.ts";

function typed(wedge: Wedge, text: string, gapMs: number): string | null {
  let at = 1000;
  let heard: string | null = null;
  for (const key of text.replaceAll("⏎", "")) {
    heard = wedge.key(key, at) ?? heard;
    at += gapMs;
  }
  return text.endsWith("⏎") ? (wedge.key("Enter", at) ?? heard) : heard;
}

test("a scanner is heard wherever the screen is", () => {
  expect(typed(new Wedge(), "1001⏎", 12)).toBe("1001");
  expect(typed(new Wedge(), "BADGE-77⏎", 20)).toBe("BADGE-77");
});

test("fingers are not a scanner", () => {
  expect(typed(new Wedge(), "1001⏎", 120)).toBeNull();
});

test("a slow key before a scan is not part of the badge", () => {
  const wedge = new Wedge();
  wedge.key("x", 0);
  expect(typed(wedge, "2001⏎", 10)).toBe("2001");
});

test("Enter that comes late ends nothing, and two scans do not run together", () => {
  const wedge = new Wedge();
  for (const [i, key] of [..."1001"].entries()) wedge.key(key, 1000 + i * 10);
  expect(wedge.key("Enter", 2000)).toBeNull();
  expect(typed(wedge, "1002⏎", 10)).toBe("1002");
});

test("shift and other held keys do not break a scan, short noise is no badge", () => {
  const wedge = new Wedge();
  let at = 0;
  for (const key of ["Shift", "A", "b", "Shift", "C", "1", "Enter"]) {
    at += 8;
    const heard = wedge.key(key, at);
    if (key === "Enter") expect(heard).toBe("AbC1");
  }
  expect(typed(new Wedge(), "12⏎", 5)).toBeNull();
});
