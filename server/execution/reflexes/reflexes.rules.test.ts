import { describe, expect, it } from "vitest";
import { quality } from "#server/device/tag.contract.ts";
import type { ReflexDraft } from "./reflexes.contract.ts";
import { type KnownTag, PastReflex, whyNotReflex } from "./reflexes.rules.ts";

const tag = (change: Partial<KnownTag> = {}): KnownTag => ({
  id: 11,
  machineId: 2,
  sourceId: 1,
  edgeId: 1,
  datatype: "number",
  enabled: true,
  writable: false,
  ...change,
});
const stopTag = tag({ id: 15, datatype: "boolean", writable: true });
const draft = (change: Partial<ReflexDraft> = {}): ReflexDraft => ({
  machineId: 2,
  tagId: 11,
  condition: { op: ">", value: 260, forMs: 1000, hysteresis: 5 },
  action: "report",
  stop: null,
  riskAssessment: null,
  ...change,
});
const stopping = draft({
  action: "request_stop",
  stop: { tagId: 15, value: true },
  riskAssessment: "RA-17",
});

describe("whether an edge can have such a reflex", () => {
  it("takes a report, and a stop whose risk was assessed by name", () => {
    expect(whyNotReflex(draft(), tag(), null)).toBeNull();
    expect(whyNotReflex(stopping, tag(), stopTag)).toBeNull();
  });

  it.each([
    ["a tag of another machine", draft(), tag({ machineId: 3 }), null, "not_found"],
    ["a tag that is switched off", draft(), tag({ enabled: false }), null, "not_found"],
    ["more than, of a text", draft(), tag({ datatype: "text" }), null, "reflex_needs_number"],
    [
      "a number where the tag says words",
      draft({ condition: { op: "=", value: 3, forMs: 0, hysteresis: 0 } }),
      tag({ datatype: "text" }),
      null,
      "value_unfit",
    ],
    ["a stop without a tag", { ...stopping, stop: null }, tag(), null, "stop_needs_tag"],
    ["a stop at another machine", stopping, tag(), { ...stopTag, machineId: 3 }, "not_found"],
    ["a stop through another edge", stopping, tag(), { ...stopTag, edgeId: 2 }, "stop_at_other_edge"],
    ["a stop value of another kind", stopping, tag(), { ...stopTag, datatype: "number" }, "value_unfit"],
    ["a stop nobody assessed", { ...stopping, riskAssessment: "" }, tag(), stopTag, "risk_assessment_needed"],
  ] as const)("refuses %s", (_what, given, watched, stop, code) => {
    expect(whyNotReflex(given, watched, stop)?.code).toBe(code);
  });
});

describe("what it would have done", () => {
  const seen = (values: readonly (readonly [at: number, value: number | null, quality?: number])[]) => {
    const past = new PastReflex(draft());
    for (const [at, value, q = quality.good] of values) past.see({ at, value, quality: q });
    past.until(100_000);
    return past.episodes;
  };

  it("acts once the value has stayed over its limit for the time, and again only after it came back", () => {
    expect(
      seen([
        [0, 250],
        [1000, 261],
        [5000, 262],
        [6000, 258],
        [7000, 263],
        [8000, 254],
        [9000, 270],
      ]),
    ).toEqual([
      { raisedAt: 2000, clearedAt: 8000, value: 261 },
      { raisedAt: 10_000, clearedAt: null, value: 270 },
    ]);
  });

  it("does not act on what came back in time, nor on a value without evidence", () => {
    expect(
      seen([
        [0, 261],
        [900, 250],
        [2000, 300, quality.bad],
        [3000, null],
      ]),
    ).toEqual([]);
  });
});
