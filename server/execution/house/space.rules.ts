import type { DiskSample, SpaceLeft, SpaceLimits } from "./space.contract.ts";

const dayMs = 86_400_000;
/** Fewer days than this say nothing about a trend. */
export const fewestSamples = 3;
/** Older samples tell of another plant. */
const windowMs = 30 * dayMs;

/** The samples that a trend may rest on: of the last 30 days, of the disk as large as it is now. Oldest first. */
export function samplesThatCount(samples: readonly DiskSample[]): readonly DiskSample[] {
  const sorted = samples.toSorted((a, b) => a.at - b.at);
  const last = sorted.at(-1);
  if (last === undefined) return [];
  return sorted.filter((s) => s.at > last.at - windowMs && s.totalBytes === last.totalBytes);
}

/**
 * Bytes a day: the median of the slopes between all pairs (Theil–Sen), so that one backup more or one big file less
 * does not tell a trend. Null = too few samples.
 */
export function growthPerDay(
  samples: readonly DiskSample[],
  of: (sample: DiskSample) => number,
): number | null {
  if (samples.length < fewestSamples) return null;
  const slopes: number[] = [];
  for (const [i, a] of samples.entries())
    for (const b of samples.slice(i + 1))
      if (b.at > a.at) slopes.push(((of(b) - of(a)) / (b.at - a.at)) * dayMs);
  slopes.sort((a, b) => a - b);
  const middle = slopes.length >> 1;
  const upper = slopes[middle];
  if (upper === undefined) return null;
  return slopes.length % 2 === 1 ? upper : ((slopes[middle - 1] ?? upper) + upper) / 2;
}

export const usedBytes = (sample: DiskSample): number => sample.totalBytes - sample.freeBytes;

/** How long the free space lasts if it goes on like this. */
export function spaceLeft(freeBytes: number, perDay: number | null): SpaceLeft {
  if (perDay === null) return { kind: "unknown" };
  // More than ten years is no forecast.
  if (perDay <= freeBytes / 3650) return { kind: "steady" };
  return { kind: "days", days: Math.floor(freeBytes / perDay) };
}

/** Whether somebody must make room. */
export function isShort(now: DiskSample, left: SpaceLeft, limits: SpaceLimits): boolean {
  if (now.freeBytes < (now.totalBytes * limits.freePercent) / 100) return true;
  return left.kind === "days" && left.days < limits.days;
}
