import { expect, test } from "vitest";
import { lifeOf, partsPerCycle, whyNotMount, whyNotOpen } from "./tools.rules.ts";

test("a press with eight cavities of which seven are open makes seven parts a cycle, however its standard was said", () => {
  expect(partsPerCycle(8, 7)).toBe(7);
  // Somebody lowered the standard already: the closed cavity is not taken off twice.
  expect(partsPerCycle(7, 7)).toBe(7);
  // A family mould: four sets of two.
  expect(partsPerCycle(4, 8)).toBe(4);
  expect(partsPerCycle(30, null)).toBe(30);
});

test("a tool is due from its warning on and over at the end of its life", () => {
  const tool = (shots: number) => ({ shots, lifeCycles: 1000, warnShare: 0.9 });
  expect(lifeOf(tool(899))?.state).toBe("good");
  expect(lifeOf(tool(900))).toEqual({ share: 0.9, state: "due" });
  expect(lifeOf(tool(1000))?.state).toBe("over");
  expect(lifeOf({ shots: 5, lifeCycles: null, warnShare: 0.9 })).toBeNull();
});

test("a tool is in one place, and a machine holds one a position", () => {
  const free = { serial: "T-1", active: true, on: null, there: [], places: 1, machine: "Press 1" };
  expect(whyNotMount(free)).toBeNull();
  expect(whyNotMount({ ...free, on: "Press 2" })).toMatchObject({
    code: "tool_mounted",
    params: { tool: "T-1", machine: "Press 2" },
  });
  expect(whyNotMount({ ...free, there: ["T-9"] })).toMatchObject({
    code: "tool_place_taken",
    params: { machine: "Press 1", tool: "T-9" },
  });
  expect(whyNotMount({ ...free, there: ["T-9"], places: 2 })).toBeNull();
  expect(whyNotMount({ ...free, active: false })).toMatchObject({ code: "tool_retired" });
});

test("no more cavities are open than a tool has", () => {
  expect(whyNotOpen("T-1", 8, 8)).toBeNull();
  expect(whyNotOpen("T-1", 8, 9)).toMatchObject({ code: "cavities_too_many", params: { cavities: 8 } });
  expect(whyNotOpen("T-1", null, 1)).toMatchObject({ code: "cavities_unknown" });
});
