import type { Evidence, Exclusion } from "./detection.contract.ts";

export interface Point {
  readonly at: number;
  readonly value: number;
  readonly statistic: number;
}

/** What a detector keeps beside its statistic, so that a deviation can show what it rests on. Bounded. */
export interface Trail {
  readonly points: readonly Point[];
  /** Readings used and left out since the statistic was last quiet. */
  readonly used: number;
  readonly reasons: Readonly<Partial<Record<Exclusion, number>>>;
}

export const emptyTrail: Trail = { points: [], used: 0, reasons: {} };
const longest = 60;

export function addPoint(trail: Trail, point: Point): Trail {
  return { ...trail, points: [...trail.points, point].slice(-longest), used: trail.used + 1 };
}

export function leaveOut(trail: Trail, why: Exclusion): Trail {
  return { ...trail, reasons: { ...trail.reasons, [why]: (trail.reasons[why] ?? 0) + 1 } };
}

/** The counts begin again; the chart goes on. */
export function restartCounts(trail: Trail): Trail {
  return { ...trail, used: 0, reasons: {} };
}

export function qualityOf(trail: Trail): {
  used: number;
  excluded: number;
  reasons: Partial<Record<Exclusion, number>>;
} {
  const excluded = Object.values(trail.reasons).reduce((sum, n) => sum + n, 0);
  return { used: trail.used, excluded, reasons: { ...trail.reasons } };
}

/** What one evaluation of a detector found. */
export interface Finding {
  readonly event: "opened" | "cleared" | null;
  /** The newest point, when this reading was judged. */
  readonly point: { readonly at: number; readonly value: number; readonly statistic: number } | null;
  /** Given with `opened`. */
  readonly evidence: Evidence | null;
  /** With `opened`: when the change began. */
  readonly since: number | null;
}

export const nothing: Finding = { event: null, point: null, evidence: null, since: null };
