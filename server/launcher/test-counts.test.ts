import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { add, countPlaywright, countReport, countVitest, lastLines, none } from "./test-counts.ts";

const vitest = (change: object = {}) => ({
  numPassedTests: 4,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ name: "server/a.test.ts", status: "passed", assertionResults: [] }],
  ...change,
});

test("the last line names the skipped ones only when there are any, and every failure stands above it", () => {
  expect(lastLines({ ...none, passed: 3 })).toBe("3 passed, 0 failed");
  const failures = ["server/a.test.ts › a press stops: expected 1 to be 2"];
  expect(lastLines({ passed: 3, failed: 1, skipped: 2, failures })).toBe(
    "  ✗ server/a.test.ts › a press stops: expected 1 to be 2\n3 passed, 1 failed, 2 skipped",
  );
});

test("a failed test is told with its file and its first words, without colours and stack", () => {
  const failureMessages = [
    "\u001B[31mAssertionError: expected 1\u001B[39m\n\n    at x.ts:1\n2\n3\n4\n5\n6\n7",
  ];
  const failed = { status: "failed", fullName: "a press stops", failureMessages };
  const file = { name: "server/a.test.ts", status: "failed", assertionResults: [failed] };
  expect(countVitest(vitest({ numFailedTests: 1, testResults: [file] })).failures).toEqual([
    "server/a.test.ts › a press stops: AssertionError: expected 1 ⏎ at x.ts:1 ⏎ 2 ⏎ 3 ⏎ 4 ⏎ 5",
  ]);
  const spec = (ok: boolean, status: string) => ({
    title: status,
    file: "loop.e2e.ts",
    ok,
    tests: [{ status, results: [{ error: { message: "Timeout" } }, {}] }],
  });
  const stats = { expected: 1, unexpected: 1, flaky: 1, skipped: 0 };
  const suites = [
    {
      specs: [spec(true, "expected")],
      suites: [{ specs: [spec(false, "unexpected"), spec(true, "flaky")] }],
    },
  ];
  expect(countPlaywright({ stats, suites }).failures).toEqual([
    "e2e/loop.e2e.ts › unexpected: Timeout",
    "e2e/loop.e2e.ts › flaky: Timeout",
  ]);
});

test("a test file that cannot be loaded counts as one failed", () => {
  const broken = vitest({
    testResults: [{ name: "server/b.test.ts", status: "failed", message: "No b", assertionResults: [] }],
  });
  expect(countVitest(broken)).toEqual({
    passed: 4,
    failed: 1,
    skipped: 0,
    failures: ["server/b.test.ts › the whole file: No b"],
  });
  expect(countVitest(vitest({ numPendingTests: 2, numTodoTests: 1 })).skipped).toBe(3);
});

test("a browser test that passes only at a second try has failed", () => {
  const stats = { expected: 5, unexpected: 1, flaky: 1, skipped: 2 };
  expect(countPlaywright({ stats, errors: [] })).toMatchObject({ passed: 5, failed: 2, skipped: 2 });
  const early = { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };
  expect(countPlaywright({ stats: early, errors: [{}] }).failed).toBe(1);
});

test("a step that ends badly without a failed test, or without a report, counts as one failed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "counts-"));
  const path = join(folder, "report.json");
  try {
    expect(await countReport(path, countVitest, 0)).toMatchObject({ passed: 0, failed: 1 });
    await writeFile(path, JSON.stringify(vitest()));
    expect(await countReport(path, countVitest, 0)).toEqual({ ...none, passed: 4 });
    expect(await countReport(path, countVitest, 1)).toMatchObject({ passed: 4, failed: 1, skipped: 0 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("counts of several steps add up", () => {
  const one = { passed: 1, failed: 2, skipped: 3, failures: ["a"] };
  expect(add(one, one)).toEqual({ passed: 2, failed: 4, skipped: 6, failures: ["a", "a"] });
});
