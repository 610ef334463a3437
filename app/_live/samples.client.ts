"use client";

import { useCallback, useEffect, useSyncExternalStore } from "react";
import { quality } from "#server/device/tag.contract.ts";
import { useLinkState, useLive } from "./live-provider.client.tsx";
import { useNow } from "./now.client.ts";
import type { Sample } from "./sample-store.ts";

/** A value with what one must know to trust it. */
export interface LiveSample extends Sample {
  /** How old it is on the plant's clock, ms. */
  readonly ageMs: number;
  /** Too old, of bad quality, or the connection is gone: drawn hatched, and no limit is judged by it. */
  readonly stale: boolean;
}

/** Judges a value by its age, its quality and the connection it came over. */
export function judge(sample: Sample, now: number, staleMs: number, connected: boolean): LiveSample {
  const ageMs = Math.max(0, now - sample.sourceTime);
  const stale = !connected || sample.quality >= quality.bad || ageMs > staleMs;
  return { ...sample, ageMs, stale };
}

/**
 * The newest value of a tag, drawn again when it changes and once a second for its age; undefined before the
 * first one. `tag` null = there is no such tag, and nothing is watched.
 */
export function useSample(tag: number | null, staleMs = 5000): LiveSample | undefined {
  const sample = useRawSample(tag);
  const now = useNow(1000);
  const connected = useLinkState().phase === "live";
  return sample === undefined ? undefined : judge(sample, now, staleMs, connected);
}

/** The value alone, without age: for what is drawn elsewhere with one. */
export function useRawSample(tag: number | null): Sample | undefined {
  const { link } = useLive();
  useEffect(() => (tag === null ? undefined : link.need({ tags: [tag] })), [link, tag]);
  const subscribe = useCallback(
    (listener: () => void) => (tag === null ? () => {} : link.samples.subscribe(tag, listener)),
    [link, tag],
  );
  return useSyncExternalStore(
    subscribe,
    () => (tag === null ? undefined : link.samples.get(tag)),
    () => undefined,
  );
}
