import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { add, countPlaywright, countReport, countVitest, lastLine, none } from "./test-counts.ts";

const vitest = (change: object = {}) => ({
  numPassedTests: 4,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: "passed", assertionResults: [{}] }],
  ...change,
});

test("the last line names the skipped ones only when there are any", () => {
  expect(lastLine({ passed: 3, failed: 0, skipped: 0 })).toBe("3 passed, 0 failed");
  expect(lastLine({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
});

test("a test file that cannot be loaded counts as one failed", () => {
  const broken = vitest({ testResults: [{ status: "failed", assertionResults: [] }] });
  expect(countVitest(broken)).toEqual({ passed: 4, failed: 1, skipped: 0 });
  expect(countVitest(vitest({ numPendingTests: 2, numTodoTests: 1 })).skipped).toBe(3);
});

test("a browser test that passes only at a second try has failed", () => {
  const stats = { expected: 5, unexpected: 1, flaky: 1, skipped: 2 };
  expect(countPlaywright({ stats, errors: [] })).toEqual({ passed: 5, failed: 2, skipped: 2 });
  const early = { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };
  expect(countPlaywright({ stats: early, errors: [{}] }).failed).toBe(1);
});

test("a step that ends badly without a failed test, or without a report, counts as one failed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "counts-"));
  const path = join(folder, "report.json");
  try {
    expect(await countReport(path, countVitest, 0)).toEqual({ ...none, failed: 1 });
    await writeFile(path, JSON.stringify(vitest()));
    expect(await countReport(path, countVitest, 0)).toEqual({ passed: 4, failed: 0, skipped: 0 });
    expect(await countReport(path, countVitest, 1)).toEqual({ passed: 4, failed: 1, skipped: 0 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("counts of several steps add up", () => {
  const one = { passed: 1, failed: 2, skipped: 3 };
  expect(add(one, one)).toEqual({ passed: 2, failed: 4, skipped: 6 });
});
