import { connection } from "next/server";
import { systemClock } from "#server/core/clock.ts";

/** The plant's time at which this request is rendered, ms. Read it once a page and hand it on. */
export async function renderTime(): Promise<number> {
  await connection();
  return systemClock.now();
}
