import { expect, test } from "vitest";
import { daysLeft, hasSkill, skillField, skillOfField, skillState } from "./skills.rules.ts";

test("the last day of a skill counts whole, and the clocks' change shortens none", () => {
  expect(daysLeft("2026-11-23", "2026-11-23")).toBe(0);
  expect(daysLeft("2026-11-22", "2026-11-23")).toBe(-1);
  expect(daysLeft("2027-03-29", "2027-03-27")).toBe(2);
});

test("a skill that runs out within a month is shown as such, one without a last day never", () => {
  expect(skillState("2026-12-23", "2026-11-23")).toBe("soon");
  expect(skillState("2026-12-24", "2026-11-23")).toBe("valid");
  expect(skillState("2026-11-23", "2026-11-23")).toBe("soon");
  expect(skillState("2026-11-22", "2026-11-23")).toBe("over");
  expect(skillState(null, "2026-11-23")).toBe("valid");
});

test("an operation that wants a skill is for those who have it today", () => {
  const skills = [
    { skillId: 1, expiresOn: "2026-11-22" },
    { skillId: 2, expiresOn: "2026-11-23" },
  ];
  expect(hasSkill(skills, 1, "2026-11-23")).toBe(false);
  expect(hasSkill(skills, 2, "2026-11-23")).toBe(true);
  expect(hasSkill(skills, 3, "2026-11-23")).toBe(false);
  expect(hasSkill([], null, "2026-11-23")).toBe(true);
});

test("the name of a field in the record says which skill it is about", () => {
  expect(skillOfField(skillField(7))).toBe(7);
  expect(skillOfField("name")).toBeNull();
});
