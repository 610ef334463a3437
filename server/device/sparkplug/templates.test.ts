import { expect, test } from "vitest";
import type { DecodedMetric } from "./payload.ts";
import { withMembers } from "./templates.ts";

const plain = { isHistorical: false, isTransient: false, isNull: false, raw: null };
const member = (name: string, more: Partial<DecodedMetric> = {}): DecodedMetric => ({
  ...plain,
  name,
  ...more,
});
const instance = (more: Partial<DecodedMetric>, ...members: DecodedMetric[]): DecodedMetric => ({
  ...plain,
  name: "Pump",
  template: { isDefinition: false, members },
  ...more,
});
const membersOf = (metric: DecodedMetric) => withMembers([metric], ({ name }) => name).slice(1);

test("a member has its instance's time, quality and flags where it has none of its own", () => {
  const said = { timestamp: 5, quality: 0, isHistorical: true, isTransient: true };
  expect(membersOf(instance(said, member("Speed")))).toEqual([{ ...member("Pump/Speed"), ...said }]);
  const own = { timestamp: 7, quality: 192, isHistorical: true, isTransient: true };
  expect(membersOf(instance({ timestamp: 5, quality: 0 }, member("Speed", own)))).toEqual([
    member("Pump/Speed", own),
  ]);
  expect(membersOf(instance({}, member("Speed")))).toEqual([member("Pump/Speed")]);
});

test("a definition is no data, and members of an instance that nobody knows are not named", () => {
  const definition = { ...instance({}, member("Speed")), template: { isDefinition: true, members: [] } };
  expect(withMembers([definition], ({ name }) => name)).toEqual([]);
  expect(withMembers([instance({}, member("Speed"))], () => undefined)).toHaveLength(1);
});
