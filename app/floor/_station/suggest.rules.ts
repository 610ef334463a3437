import type { StopReason, StopView } from "#server/execution/machine-state/machine-state.contract.ts";

/** Suggestions that fit beside each other on the smallest station. */
const atMost = 3;

/**
 * Reasons most likely meant: those given lately for stops with the same fault or word, newest first, then those
 * given lately at all. `stops` newest first.
 */
export function suggested<R extends StopReason>(
  reasons: readonly R[],
  stops: readonly StopView[],
  stop: StopView,
): readonly R[] {
  const told = stops
    .filter((other) => other.id !== stop.id)
    .flatMap((other) =>
      other.parts.flatMap((part) =>
        part.reason === null ? [] : [{ id: part.reason.id, like: isLike(other, stop) }],
      ),
    );
  const ids = [...told.filter((one) => one.like), ...told.filter((one) => !one.like)].map((one) => one.id);
  return [...new Set(ids)].flatMap((id) => reasons.find((reason) => reason.id === id) ?? []).slice(0, atMost);
}

function isLike(a: StopView, b: StopView): boolean {
  return b.fault === null || b.fault === "" ? a.word === b.word : a.fault === b.fault;
}
