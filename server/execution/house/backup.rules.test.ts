import { expect, test } from "vitest";
import { defaultBackupPlan } from "./backup.contract.ts";
import { isNightDue, isOld, latestSlot, nextSlot, oldAfterMs, retryAfterMs } from "./backup.rules.ts";

const plan = defaultBackupPlan;
const zone = "Europe/Berlin";
const at = (text: string) => Date.parse(text);
const hour = 3_600_000;

test("half past two is half past two in the works, whatever the offset is", () => {
  expect(latestSlot(plan, zone, at("2026-01-10T12:00:00Z"))).toBe(at("2026-01-10T01:30:00Z"));
  expect(latestSlot(plan, zone, at("2026-07-10T12:00:00Z"))).toBe(at("2026-07-10T00:30:00Z"));
  expect(latestSlot(plan, zone, at("2026-01-10T01:29:59Z"))).toBe(at("2026-01-09T01:30:00Z"));
  expect(nextSlot(plan, zone, at("2026-01-10T01:30:00Z"))).toBe(at("2026-01-11T01:30:00Z"));
});

test("in the night without half past two the backup comes an hour later, in the one with two it comes once", () => {
  expect(latestSlot(plan, zone, at("2026-03-29T12:00:00Z"))).toBe(at("2026-03-29T01:30:00Z"));
  expect(latestSlot(plan, zone, at("2026-10-25T12:00:00Z"))).toBe(at("2026-10-25T00:30:00Z"));
  expect(nextSlot(plan, zone, at("2026-10-25T00:30:00Z"))).toBe(at("2026-10-26T01:30:00Z"));
});

const night = {
  plan,
  timeZone: zone,
  now: at("2026-01-10T01:31:00Z"),
  houseSince: at("2026-01-01T08:00:00Z"),
  busy: false,
  lastFailure: null,
  askedAt: at("2026-01-09T01:30:10Z"),
};

test("the night's backup is asked for once, and not while one is being made or the plan is off", () => {
  expect(isNightDue(night)).toBe(true);
  expect(isNightDue({ ...night, askedAt: at("2026-01-10T01:30:30Z") })).toBe(false);
  expect(isNightDue({ ...night, busy: true })).toBe(false);
  expect(isNightDue({ ...night, plan: { ...plan, enabled: false } })).toBe(false);
});

test("what failed is tried again an hour later, and not before", () => {
  const asked = { ...night, askedAt: night.now };
  const failed = (ago: number) => ({
    ...asked,
    lastFailure: { at: night.now - ago, problem: "no_folder" as const, folder: "/backups" },
  });
  expect(isNightDue(failed(retryAfterMs - 1))).toBe(false);
  expect(isNightDue(failed(retryAfterMs))).toBe(true);
  expect(isNightDue({ ...failed(retryAfterMs), plan: { ...plan, enabled: false } })).toBe(false);
});

test("a plant that was off for days makes up one night, and a new one waits for its first", () => {
  expect(isNightDue({ ...night, now: at("2026-01-14T09:00:00Z") })).toBe(true);
  expect(isNightDue({ ...night, askedAt: null, houseSince: at("2026-01-10T01:30:30Z") })).toBe(false);
  expect(isNightDue({ ...night, askedAt: null, houseSince: at("2026-01-10T01:00:00Z") })).toBe(true);
});

test("a day and two hours without a good backup is too long, counted from the plant's beginning at the earliest", () => {
  const now = at("2026-01-10T12:00:00Z");
  const facts = { plan, now, houseSince: now - 90 * hour, lastGoodAt: now - oldAfterMs };
  expect(isOld(facts)).toBe(false);
  expect(isOld({ ...facts, lastGoodAt: now - oldAfterMs - 1 })).toBe(true);
  expect(isOld({ ...facts, lastGoodAt: null })).toBe(true);
  expect(isOld({ ...facts, lastGoodAt: null, houseSince: now - 25 * hour })).toBe(false);
  expect(isOld({ ...facts, lastGoodAt: null, plan: { ...plan, enabled: false } })).toBe(false);
});
