import type { AdjustmentState } from "./adjustments.contract.ts";

/** What may happen to an adjustment (design §5). People, the dispatcher, the edge and the verifier cause them. */
export const adjustmentMoves = [
  "propose",
  "approve",
  "reject",
  "announce",
  "hold",
  "block",
  "release",
  "expire",
  "send",
  "accept",
  "refuse",
  "lose",
  "echo",
  "took",
  "did_not_take",
  "help",
  "not_help",
  "not_tell",
] as const;
export type AdjustmentMove = (typeof adjustmentMoves)[number];

type Ways = Readonly<Partial<Record<AdjustmentMove, AdjustmentState>>>;

const ways: Readonly<Record<AdjustmentState, Ways>> = {
  draft: { propose: "proposed", reject: "rejected", expire: "expired" },
  proposed: { approve: "approved", reject: "rejected", expire: "expired" },
  approved: { announce: "announced", hold: "held", block: "blocked", reject: "rejected", expire: "expired" },
  announced: { send: "sent", hold: "held", block: "blocked", reject: "rejected", expire: "expired" },
  held: { release: "approved", reject: "rejected", expire: "expired" },
  blocked: { release: "approved", hold: "held", reject: "rejected", expire: "expired" },
  // From here on the machine may have been touched: nothing is taken back by changing a word in a table.
  sent: { accept: "accepted", refuse: "refused", lose: "unknown" },
  accepted: { echo: "verifying", lose: "unknown" },
  unknown: { took: "verifying", did_not_take: "refused" },
  verifying: { help: "helped", not_help: "did_not_help", not_tell: "cannot_tell" },
  rejected: {},
  expired: {},
  refused: {},
  helped: {},
  did_not_help: {},
  cannot_tell: {},
};

/** The state after a move; null = it is not possible from here. */
export function moveAdjustment(state: AdjustmentState, move: AdjustmentMove): AdjustmentState | null {
  return ways[state][move] ?? null;
}

/** Over: nothing more happens to it. */
export function isOver(state: AdjustmentState): boolean {
  return Object.keys(ways[state]).length === 0;
}

/** Sent to a machine and not yet judged: the machine belongs to this change. */
export const inFlight: ReadonlySet<AdjustmentState> = new Set(["sent", "accepted", "unknown", "verifying"]);

/** Before anything was sent: it can still be held, dropped, or run out. */
export const beforeSending: ReadonlySet<AdjustmentState> = new Set([
  "draft",
  "proposed",
  "approved",
  "announced",
  "held",
  "blocked",
]);

/** The three verdicts. */
export const verdicts: ReadonlySet<AdjustmentState> = new Set(["helped", "did_not_help", "cannot_tell"]);
