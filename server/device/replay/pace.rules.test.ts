import { expect, test } from "vitest";
import { nextLoop, nextRow, type Pace } from "./pace.rules.ts";

const wall = 1_764_000_000_000;
const recorded = 1_500_000_000_000;

/** When rows recorded at these ms are due and which times they get, `[due, time]` counted from the first. */
function play(times: number[], speed = 1, maxPauseMs = 60_000) {
  let pace: Pace | null = null;
  const out: number[][] = [];
  for (const ms of times) {
    const row = nextRow(pace, recorded + ms, { speed, maxPauseMs }, { now: wall, monotonic: 500 });
    pace = row.pace;
    out.push([row.due - 500, row.at - wall]);
  }
  return { out, pace };
}

test("the first row is now, the others follow as they were recorded", () => {
  expect(play([0, 1000, 1500]).out).toEqual([
    [0, 0],
    [1000, 1000],
    [1500, 1500],
  ]);
});

test("at ten times the speed a second lasts a tenth, and so it says", () => {
  expect(play([0, 1000, 60_000], 10).out).toEqual([
    [0, 0],
    [100, 100],
    [6000, 6000],
  ]);
});

test("a row that was late in the recording is late again", () => {
  expect(play([0, 2000, 1000, 3000]).out.map(([, at]) => at)).toEqual([0, 2000, 1000, 3000]);
});

test("a long silence is cut, and a clock that was wrong once costs one pause each way", () => {
  expect(play([0, 1000, 86_400_000, 86_401_000]).out.map(([due]) => due)).toEqual([0, 1000, 61_000, 62_000]);
  expect(play([0, 1000, 9e12, 2000, 3000]).out.map(([due]) => due)).toEqual([
    0, 1000, 61_000, 61_000, 62_000,
  ]);
});

test("another loop follows as the rows followed each other; a single row is repeated after a second", () => {
  const { pace } = play([0, 1000, 1250]);
  expect(nextLoop(pace as Pace, recorded, 1)).toMatchObject({ due: 500 + 1500, at: wall + 1500 });
  const { pace: single } = play([0], 2);
  expect(nextLoop(single as Pace, recorded, 2)).toMatchObject({ due: 1000, at: wall + 500 });
});
