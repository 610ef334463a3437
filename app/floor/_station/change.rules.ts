import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";

/** What a station shows of a set-point change. */
export interface ChangeOnStation {
  readonly kind: "announced" | "waits" | "under_way" | "result";
  readonly adjustment: AdjustmentSummary;
}

/** A verdict whose change is older than this is history; the office keeps it. */
const freshMs = 2 * 3600_000;
/** More at once would push the machine off its own screen. */
const atMost = 2;

const order = { announced: 0, waits: 1, under_way: 2, result: 3 } as const;

/**
 * Which changes a station shows, most pressing first. Drafts, proposals and rejections are the office's;
 * somebody who stands at the machine needs what will happen, what happens, and how it ended.
 */
export function changesOnStation(
  adjustments: readonly AdjustmentSummary[],
  now: number,
  dismissed: readonly string[],
): readonly ChangeOnStation[] {
  const shown: ChangeOnStation[] = [];
  for (const adjustment of adjustments) {
    const kind = kindOf(adjustment);
    if (kind === null) continue;
    if (kind === "result" && (dismissed.includes(adjustment.id) || now - adjustment.createdAt > freshMs))
      continue;
    shown.push({ kind, adjustment });
  }
  return shown
    .toSorted((a, b) => order[a.kind] - order[b.kind] || b.adjustment.createdAt - a.adjustment.createdAt)
    .slice(0, atMost);
}

function kindOf({ state }: AdjustmentSummary): ChangeOnStation["kind"] | null {
  switch (state) {
    case "announced":
      return "announced";
    case "held":
    case "blocked":
    case "unknown":
      return "waits";
    case "approved":
    case "sent":
    case "accepted":
    case "verifying":
      return "under_way";
    case "helped":
    case "did_not_help":
    case "cannot_tell":
      return "result";
    default:
      return null;
  }
}
