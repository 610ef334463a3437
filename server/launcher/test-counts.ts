import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { projectRoot } from "./folders.ts";

/** How many tests passed, failed and were skipped, and a line for each that failed: what, where and why. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
}

export const none: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] };

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
  failures: [...a.failures, ...b.failures],
});

const Failure = z.array(z.string()).default([]);

const VitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number().default(0),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(""),
      assertionResults: z.array(
        z.object({ status: z.string(), fullName: z.string(), failureMessages: Failure }),
      ),
    }),
  ),
});

interface Suite {
  readonly specs?: readonly z.infer<typeof Spec>[] | undefined;
  readonly suites?: readonly Suite[] | undefined;
}

const Spec = z.object({
  title: z.string(),
  file: z.string(),
  ok: z.boolean(),
  tests: z
    .array(
      z.object({
        status: z.string(),
        results: z.array(z.object({ error: z.object({ message: z.string().optional() }).optional() })),
      }),
    )
    .default([]),
});

const Suite: z.ZodType<Suite> = z.lazy(() =>
  z.object({ specs: z.array(Spec).optional(), suites: z.array(Suite).optional() }),
);

const PlaywrightReport = z.object({
  stats: z.object({
    expected: z.number(),
    unexpected: z.number(),
    flaky: z.number(),
    skipped: z.number(),
  }),
  suites: z.array(Suite).default([]),
  errors: z.array(z.object({ message: z.string().optional() })).default([]),
});

/** `file › test: the first lines of what it said`, without the colours of a terminal. */
function failure(file: string, name: string, message: string | undefined): string {
  const words = stripVTControlCharacters(message ?? "").split("\n");
  const why = words.map((line) => line.trim()).filter((line) => line !== "");
  return `${relative(projectRoot, resolve(projectRoot, file))} › ${name}: ${why.slice(0, 6).join(" ⏎ ").slice(0, 600)}`;
}

/** A file that could not even be loaded has no tests to fail: it counts as one. */
export function countVitest(report: unknown): Counts {
  const parsed = VitestReport.parse(report);
  const broken = parsed.testResults.filter((f) => f.status === "failed" && f.assertionResults.length === 0);
  const failed = parsed.testResults.flatMap((file) =>
    file.assertionResults
      .filter((t) => t.status === "failed")
      .map((t) => failure(file.name, t.fullName, t.failureMessages[0])),
  );
  return {
    passed: parsed.numPassedTests,
    failed: parsed.numFailedTests + broken.length,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
    failures: [...failed, ...broken.map((file) => failure(file.name, "the whole file", file.message))],
  };
}

const specs = (suite: Suite): readonly z.infer<typeof Spec>[] => [
  ...(suite.specs ?? []),
  ...(suite.suites ?? []).flatMap(specs),
];

/** What passes only at a second try has failed once, and counts as failed. */
export function countPlaywright(report: unknown): Counts {
  const { stats, suites, errors } = PlaywrightReport.parse(report);
  const failed = stats.unexpected + stats.flaky;
  const tests = suites
    .flatMap(specs)
    .filter((spec) => !spec.ok || spec.tests.some((t) => t.status === "flaky"))
    .map((spec) => {
      const results = spec.tests.flatMap((t) => t.results);
      return failure(
        `e2e/${spec.file}`,
        spec.title,
        results.find((r) => r.error !== undefined)?.error?.message,
      );
    });
  return {
    passed: stats.expected,
    failed: failed === 0 && errors.length > 0 ? errors.length : failed,
    skipped: stats.skipped,
    failures: [...tests, ...errors.map((error) => failure("e2e", "the run itself", error.message))],
  };
}

/**
 * The counts of a step from its report and its exit code. A step that ended badly without a failed test (a crash,
 * an error outside of any test, no report) counts as one failed.
 */
export async function countReport(
  path: string,
  count: (report: unknown) => Counts,
  exitCode: number,
): Promise<Counts> {
  let counts = none;
  try {
    counts = count(JSON.parse(await readFile(path, "utf8")));
  } catch {
    counts = { ...none, failed: 1, failures: [`${path}: the tests ended without a report`] };
  }
  if (counts.failed > 0 || exitCode === 0) return counts;
  const why = `${path}: no test failed, but the tests ended with code ${exitCode}`;
  return { ...counts, failed: 1, failures: [...counts.failures, why] };
}

/** The last lines of `npm test`: each failure once more, because the log above is long, and the counts. */
export const lastLines = (counts: Counts): string =>
  [...counts.failures.map((line) => `  ✗ ${line}`), lastLine(counts)].join("\n");

const lastLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
