/** What decides whether a job may begin at a position of a machine. */
export interface StartSituation {
  readonly jobState: string;
  readonly orderState: string;
  /** Why its order is on hold; null = it is not. */
  readonly hold?: { readonly order: string; readonly reason: string } | null;
  /** Order code of the job that runs at that position now, if one does. */
  readonly runningThere: string | null;
  readonly positions: number;
  readonly position: number;
  /** Lots it would begin with. `fits` = its material is on the product's bill, or the product has none. */
  readonly lots: readonly {
    readonly code: string;
    readonly onHold: boolean;
    readonly closed: boolean;
    readonly fits: boolean;
  }[];
}

/** A refusal before it is thrown: code and the values named in its words. */
export interface WhyNot {
  readonly code: "wrong_state" | "order_on_hold" | "job_running" | "lot_on_hold" | "lot_mismatch" | "invalid";
  readonly params: Readonly<Record<string, string | number>>;
}

/** Why a job may not begin here, or null. A lot on hold blocks the start itself, not only the button. */
export function whyNotStart(situation: StartSituation): WhyNot | null {
  const { jobState, orderState, runningThere, position, positions, lots } = situation;
  if (position > positions) return { code: "invalid", params: { problem: `position 1…${positions}` } };
  if (!["waiting", "ready", "paused"].includes(jobState))
    return { code: "wrong_state", params: { state: jobState } };
  if ((situation.hold ?? null) !== null) return { code: "order_on_hold", params: { ...situation.hold } };
  if (["held", "completed", "closed", "cancelled"].includes(orderState))
    return { code: "wrong_state", params: { state: orderState } };
  if (runningThere !== null) return { code: "job_running", params: { order: runningThere } };
  for (const lot of lots) {
    if (lot.onHold) return { code: "lot_on_hold", params: { lot: lot.code } };
    if (lot.closed || !lot.fits) return { code: "lot_mismatch", params: { lot: lot.code } };
  }
  return null;
}

export interface RunPeriod {
  readonly id: string;
  readonly start: number;
  readonly end: number | null;
}

/**
 * What a corrected run does to its neighbours at the same position: those it now overlaps are cut back. One that it
 * would swallow whole, or cut in two, is a contradiction that a person must solve first: null.
 */
export function makeRoom(
  corrected: { readonly start: number; readonly end: number | null },
  neighbours: readonly RunPeriod[],
): readonly RunPeriod[] | null {
  const end = corrected.end ?? Number.POSITIVE_INFINITY;
  const cut: RunPeriod[] = [];
  for (const run of neighbours) {
    const runEnd = run.end ?? Number.POSITIVE_INFINITY;
    if (runEnd <= corrected.start || run.start >= end) continue;
    const keepsHead = run.start < corrected.start;
    const keepsTail = runEnd > end;
    if (keepsHead === keepsTail) return null;
    cut.push(keepsHead ? { ...run, end: corrected.start } : { ...run, start: end });
  }
  return cut;
}
