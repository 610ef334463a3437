import type { Page } from "@playwright/test";
import { systemClock } from "#server/core/clock.ts";

/** A value that came to be seen: its source time and when its frame was painted, ms on the page's clock. */
export type Seen = readonly [tag: string, sourceTime: number, paintedAt: number];

declare global {
  var seen: Seen[];
}

/**
 * Begins to look at every tile in every frame. What stands in the page in the first task after a frame's callbacks
 * was painted with that frame; the time of that task is taken.
 */
export async function watchTiles(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tiles = [...document.querySelectorAll<HTMLElement>("[data-tag][data-source-time]")];
    const known = new Map(tiles.map((tile) => [tile, tile.dataset["sourceTime"]]));
    const afterFrame = new MessageChannel();
    globalThis.seen = [];
    afterFrame.port1.addEventListener("message", () => {
      const now = performance.timeOrigin + performance.now();
      for (const [tile, before] of known) {
        const { sourceTime, tag } = tile.dataset;
        if (sourceTime === before || sourceTime === undefined) continue;
        known.set(tile, sourceTime);
        globalThis.seen.push([tag ?? "", Number(sourceTime), now]);
      }
      requestAnimationFrame(() => afterFrame.port2.postMessage(null));
    });
    afterFrame.port1.start();
    afterFrame.port2.postMessage(null);
  });
}

/** What was seen since the last asking. */
export function takeSeen(page: Page): Promise<Seen[]> {
  return page.evaluate(() => globalThis.seen.splice(0));
}

export interface Offset {
  /** Add to the page's time to get ours, ms. */
  readonly ms: number;
  /** How wrong that can be, ms. */
  readonly errorMs: number;
}

/** How far the page's clock is from ours: of twenty questions the one that was answered the fastest counts. */
export async function measureOffset(page: Page): Promise<Offset> {
  let best: Offset = { ms: 0, errorMs: Infinity };
  for (let i = 0; i < 20; i++) {
    const [asked, began] = [systemClock.now(), systemClock.monotonic()];
    const theirs = await page.evaluate(() => performance.timeOrigin + performance.now());
    const errorMs = (systemClock.monotonic() - began) / 2;
    if (errorMs < best.errorMs) best = { ms: asked + errorMs - theirs, errorMs };
  }
  return best;
}
