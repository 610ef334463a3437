import { expect, test } from "vitest";
import { missingBefore, nextOf } from "./sequence.rules.ts";

test("the next message follows the last, and 1 follows the largest number", () => {
  expect(nextOf(7)).toBe(8);
  expect(nextOf(0xffff_ffff)).toBe(1);
  expect(missingBefore(7, 8)).toBe(0);
  expect(missingBefore(0xffff_ffff, 1)).toBe(0);
});

test("messages that were lost between two are counted, also over the largest number", () => {
  expect(missingBefore(7, 10)).toBe(2);
  expect(missingBefore(0xffff_fffe, 2)).toBe(2);
});

test("a message that was taken already is known as such", () => {
  expect(missingBefore(7, 7)).toBe("again");
  expect(missingBefore(7, 5)).toBe("again");
});

test("before the first message nothing can be missing", () => {
  expect(missingBefore(0, 12)).toBe(0);
});
