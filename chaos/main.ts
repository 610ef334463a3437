import { parseArgs } from "node:util";
import { systemClock } from "#server/core/clock.ts";
import { faults } from "./faults.ts";
import { ChaosHouse } from "./house.ts";
import { missing, play } from "./run.ts";

/** `npm run chaos -- [--seed N] [--only F04,F13] [--short] [--keep]`: plays the fault matrix over real processes. */
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    only: { type: "string" },
    short: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(systemClock.now() / 1000) % 1_000_000);
const only = values.only?.split(",");
const unknown = only?.find((id) => !faults.some((fault) => fault.id === id));
if (!Number.isInteger(seed) || unknown !== undefined) {
  console.error(
    `npm run chaos -- [--seed N] [--only F04,F13] [--short], of ${faults.map(({ id }) => id).join(" ")}`,
  );
  process.exit(2);
}
const chosen = faults.filter(({ id, short }) => only?.includes(id) ?? (short === true || !values.short));

console.log(`seed ${seed}`);
const began = systemClock.monotonic();
const counts = { passed: 0, failed: 0, skipped: 0 };
let house: ChaosHouse | null = null;
for (const fault of chosen) {
  const lack = await missing(fault);
  if (lack !== null) {
    counts.skipped++;
    console.log(`skipped  ${fault.id}  ${fault.title} (needs ${lack})`);
    continue;
  }
  const start = systemClock.monotonic();
  const took = (): string => `${((systemClock.monotonic() - start) / 1000).toFixed(1)} s`;
  try {
    house ??= await ChaosHouse.open({ seed, keep: values.keep });
    const looked = await play(fault, house, seed);
    counts.passed++;
    console.log(`passed   ${fault.id}  ${fault.title} (${looked} readings compared, ${took()})`);
  } catch (error) {
    counts.failed++;
    console.log(`FAILED   ${fault.id}  ${fault.title} (${took()})`);
    console.log(`         ${error instanceof Error ? error.message : String(error)}`);
    console.log(`         again: npm run chaos -- --seed ${seed} --only ${fault.id}`);
    if (values.keep && house !== null) console.log(`         logs and data stay in ${house.folder}`);
    // What comes after is not played in ruins.
    await house?.close();
    house = null;
  }
}
await house?.close();
const minutes = ((systemClock.monotonic() - began) / 60_000).toFixed(1);
console.log(
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, ${minutes} minutes, seed ${seed}`,
);
// A connection whose database was killed under it may never end by itself.
process.exit(counts.failed === 0 ? 0 : 1);
