"use client";

import { useEffect, useState } from "react";
import { quality } from "#server/device/tag.contract.ts";
import { useLive } from "./live-provider.client.tsx";

export interface TrailPoint {
  readonly at: number;
  /** Null = the value was not to be trusted then: a gap. */
  readonly value: number | null;
}

/**
 * The last minutes of a live tag, one point per `everyMs` at most, for a small line beside its number. Begins
 * empty on a fresh page unless `before` gives what is stored; drawn again when a point is added, not per value.
 */
export function useTrail(
  tag: number | null,
  windowMs: number,
  everyMs: number,
  before?: readonly TrailPoint[],
): readonly TrailPoint[] {
  const { link } = useLive();
  const [points, setPoints] = useState<readonly TrailPoint[]>([]);
  useEffect(() => {
    if (tag === null) return undefined;
    return link.samples.subscribe(tag, () => {
      const sample = link.samples.get(tag);
      if (sample === undefined) return;
      const value = typeof sample.value === "number" && sample.quality < quality.bad ? sample.value : null;
      setPoints((kept) => {
        const last = kept.at(-1);
        if (last !== undefined && sample.sourceTime - last.at < everyMs) return kept;
        const first = kept.findIndex((point) => point.at > sample.sourceTime - windowMs);
        return [...kept.slice(Math.max(0, first)), { at: sample.sourceTime, value }];
      });
    });
  }, [link, tag, windowMs, everyMs]);
  const start = points[0]?.at ?? Infinity;
  const earlier = (before ?? []).filter((point) => point.at < start);
  return earlier.length === 0 ? points : [...earlier, ...points];
}
