import { expect, test } from "vitest";
import { Needs } from "./needs.ts";

test("a screen watches what any of its parts needs, and stops when the last part is gone", () => {
  const needs = new Needs();
  const first = needs.add({ scopes: ["machine:2"], tags: [9, 3] });
  const second = needs.add({ scopes: ["machine:2"], tags: [3] });
  expect(needs.watch(10)).toEqual({ scopes: ["machine:2"], tags: [3, 9], hz: 10 });
  first();
  first();
  expect(needs.watch(10)).toEqual({ scopes: ["machine:2"], tags: [3], hz: 10 });
  second();
  expect(needs.watch(10)).toEqual({ scopes: [], tags: [], hz: 10 });
});
