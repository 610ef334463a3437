import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";

const here = dirname(fileURLToPath(import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(join(here, path), "utf8"));

const floors = z
  .array(
    z.strictObject({
      package: z.string(),
      floor: z.string().regex(/^\d+\.\d+\.\d+$/),
      reason: z.string().min(10),
      /** Not every release brings it; where it is there, the floor holds. */
      optional: z.boolean().default(false),
    }),
  )
  .parse(read("floors.json"));

const lock = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string().optional(),
        optionalDependencies: z.record(z.string(), z.string()).default({}),
      }),
    ),
  })
  .parse(read("../package-lock.json"));

/** Every installed copy of a package, also those below other packages. */
function versionsOf(name: string): string[] {
  return Object.entries(lock.packages)
    .filter(([path]) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`))
    .flatMap(([, entry]) => entry.version ?? []);
}

function isBelow(version: string, floor: string): boolean {
  // A pre-release of the floor itself came before it.
  const [core = "", pre] = version.split("-", 2);
  const have = core.split(".").map(Number);
  const need = floor.split(".").map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return pre !== undefined;
}

test.each(floors)(
  "every copy of $package is $floor or newer: $reason",
  ({ package: name, floor, optional }) => {
    const found = versionsOf(name);
    if (!optional) expect(found, `${name} is not in package-lock.json`).not.toEqual([]);
    expect(found.filter((version) => isBelow(version, floor))).toEqual([]);
  },
);

test("versions are compared by number, and a pre-release lies below its release", () => {
  expect(isBelow("8.9.0", "8.23.0")).toBe(true);
  expect(isBelow("8.23.0", "8.23.0")).toBe(false);
  expect(isBelow("8.23.0-rc.1", "8.23.0")).toBe(true);
  expect(isBelow("9.0.0", "8.23.0")).toBe(false);
});

test("the lockfile names the packages of other systems too, or npm ci refuses it there and here", () => {
  const names = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, "")));
  const missing = Object.values(lock.packages)
    .flatMap((entry) => Object.keys(entry.optionalDependencies))
    .filter((name) => !names.has(name));
  expect(missing, "run npm install against a registry that has every system's packages").toEqual([]);
});
