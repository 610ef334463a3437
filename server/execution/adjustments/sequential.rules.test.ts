import { expect, test } from "vitest";
import { seeded } from "../detection/testing.ts";
import { type Block, compare, says, type TestParameters } from "./sequential.rules.ts";

const p: TestParameters = { kind: "ratio", alpha: 0.1, effect: 0.1, blocksLeast: 3 };

/**
 * Blocks of five shots of eight cavities. Heat wanders: the chance of scrap of a shot follows an AR(1) of the given
 * correlation, as a real press does.
 */
function press(random: ReturnType<typeof seeded>, correlation: number, wander: number) {
  let heat = 0;
  return (scrap: number, blocks: number): Block[] =>
    Array.from({ length: blocks }, () => {
      let sum = 0;
      for (let shot = 0; shot < 5; shot++) {
        heat = correlation * heat + Math.sqrt(1 - correlation ** 2) * random.normal();
        const chance = Math.min(0.95, Math.max(0.001, scrap * (1 + wander * heat)));
        for (let cavity = 0; cavity < 8; cavity++) if (random.uniform() < chance) sum += 1;
      }
      return { n: 40, sum };
    });
}

/** Looks after every block, as the verifier does, and answers with the first thing it says. */
function look(before: Block[], after: Block[], effectLeast = 0.02): { says: string; blocks: number } {
  for (let n = 1; n <= after.length; n++) {
    const answer = says(compare(before, after.slice(0, n), p), effectLeast);
    if (answer !== "not_yet") return { says: answer, blocks: n };
  }
  return { says: "not_yet", blocks: after.length };
}

function share(runs: number, hits: number): { value: number; error: number } {
  return { value: hits / runs, error: Math.sqrt(((hits / runs) * (1 - hits / runs)) / runs) };
}

test.each([
  { correlation: 0, wander: 0 },
  { correlation: 0.5, wander: 0.5 },
  { correlation: 0.8, wander: 0.5 },
])(
  "without an effect, at most one in twenty looks better, though looked at all the time ($correlation)",
  (c) => {
    const random = seeded(42);
    const runs = 2000;
    let better = 0;
    for (let i = 0; i < runs; i++) {
      const make = press(random, c.correlation, c.wander);
      if (look(make(0.1, 8), make(0.1, 20), 1e-9).says === "better") better += 1;
    }
    const { value, error } = share(runs, better);
    expect(value - 3 * error).toBeLessThanOrEqual(0.05);
  },
);

test("scrap that falls from 20 % to 4 % is found better, within a dozen blocks", () => {
  const random = seeded(43);
  const runs = 500;
  const found = Array.from({ length: runs }, () => {
    const make = press(random, 0.5, 0.3);
    return look(make(0.2, 6), make(0.04, 12));
  });
  const better = found.filter((f) => f.says === "better");
  expect(better.length / runs).toBeGreaterThan(0.9);
  expect(found.filter((f) => f.says === "worse")).toHaveLength(0);
  expect(better.reduce((sum, f) => sum + f.blocks, 0) / better.length).toBeLessThan(9);
});

test("scrap that rises after the change is never called better, and seen", () => {
  const random = seeded(44);
  const runs = 500;
  const found = Array.from({ length: runs }, () => {
    const make = press(random, 0.5, 0.3);
    return look(make(0.06, 6), make(0.25, 12)).says;
  });
  expect(found.filter((f) => f === "better")).toHaveLength(0);
  expect(found.filter((f) => f === "worse" || f === "not_better").length / runs).toBeGreaterThan(0.98);
});

test("too few blocks say nothing, and no scrap at all is not taken for certainty", () => {
  const block = { n: 40, sum: 8 };
  expect(compare([block, block], [block, block, block], p)).toBeNull();
  const clean = compare(
    [block, block, block],
    [
      { n: 1, sum: 0 },
      { n: 1, sum: 0 },
      { n: 1, sum: 0 },
    ],
    p,
  );
  expect(says(clean, 0.02)).toBe("not_yet");
});

test("a mean that falls is seen against the scatter of its blocks", () => {
  const random = seeded(45);
  const blocks = (mean: number, n: number) =>
    Array.from({ length: n }, () => ({ n: 5, sum: 5 * (mean + 2 * random.normal()) }));
  const mean: TestParameters = { kind: "mean", alpha: 0.1, effect: 10, blocksLeast: 3 };
  expect(says(compare(blocks(100, 8), blocks(85, 8), mean), 2)).toBe("better");
  expect(says(compare(blocks(100, 8), blocks(115, 8), mean), 2)).toBe("worse");
});
