import { describe, expect, it } from "vitest";
import type { ReflexView } from "#server/execution/reflexes/reflexes.contract.ts";
import type { TagView } from "#server/execution/tags/tags.contract.ts";
import { draftOf, formOf, opsOf, type ReflexForm } from "./reflex-form.ts";

const tag = (id: number, datatype: TagView["datatype"]) => ({ id, datatype, machineId: 2 }) as TagView;
const tags = [tag(11, "number"), tag(12, "text"), tag(15, "boolean")];
const filled = (change: Partial<ReflexForm> = {}): ReflexForm => ({
  ...formOf(null, "2"),
  tag: "11",
  value: "260",
  ...change,
});
const stopping = filled({ action: "request_stop", stopTag: "15", stopValue: "true", assessment: " RA-17 " });

describe("the form of a reflex", () => {
  it("becomes a draft, with a decimal comma and seconds", () => {
    expect(draftOf(filled({ value: "260,5", seconds: "1,5", hysteresis: "5" }), tags)).toEqual({
      draft: {
        machineId: 2,
        tagId: 11,
        condition: { op: ">", value: 260.5, forMs: 1500, hysteresis: 5 },
        action: "report",
        stop: null,
        riskAssessment: null,
      },
    });
  });

  it("carries the stop only where one is asked for", () => {
    expect(draftOf(stopping, tags)).toMatchObject({
      draft: { stop: { tagId: 15, value: true }, riskAssessment: "RA-17" },
    });
    expect(draftOf({ ...stopping, action: "report" }, tags)).toMatchObject({ draft: { stop: null } });
  });

  it.each([
    [{ tag: "" }, "tag", "needed"],
    [{ value: "" }, "value", "number"],
    [{ value: "hot" }, "value", "number"],
    [{ tag: "12", op: "=", value: " " }, "value", "needed"],
    [{ tag: "15", op: "=", value: "yes" }, "value", "needed"],
    [{ seconds: "-1" }, "seconds", "number"],
    [{ hysteresis: "a" }, "hysteresis", "number"],
    [{ action: "request_stop" }, "stopTag", "needed"],
    [{ action: "request_stop", stopTag: "15" }, "stopValue", "needed"],
    [{ action: "request_stop", stopTag: "15", stopValue: "true" }, "assessment", "needed"],
  ] as const)("says what is not right of %o", (change, wrong, why) => {
    expect(draftOf(filled(change), tags)).toEqual({ wrong, why });
  });

  it("shows a reflex as it was filled in", () => {
    const view = {
      machineId: 2,
      tagId: 11,
      condition: { op: ">", value: 260, forMs: 1000, hysteresis: 5 },
      action: "request_stop",
      stop: { tagId: 15, value: true, tagName: "Stop" },
      riskAssessment: "RA-17",
    } as ReflexView;
    const { draft } = draftOf(formOf(view, ""), tags) as { draft: object };
    expect(draft).toEqual({ ...view, stop: { tagId: 15, value: true } });
  });

  it("offers more and less than of numbers only", () => {
    expect(opsOf("number")).toContain(">");
    expect(opsOf("text")).toEqual(["=", "!="]);
  });
});
