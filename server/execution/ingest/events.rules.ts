import { type EdgeEvent, StreamGap } from "#server/edge/uplink.contract.ts";
import { epochToDatabase } from "./epoch.rules.ts";
import type { EventRow } from "./ingest-call.ts";

/** Times outside of what Postgres and people can make sense of (2000 … 2100) fall back to the time of arrival. */
function saneTime(at: unknown, otherwise: number): number {
  return typeof at === "number" && at > 946_684_800_000 && at < 4_102_444_800_000 ? at : otherwise;
}

function idOrNull(id: number | null): number | null {
  return id !== null && Number.isInteger(id) && id >= 0 && id <= 2_147_483_647 ? id : null;
}

/** JSON that Postgres can hold: no NUL and no half of a surrogate pair, at any depth. */
function storable(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(/\0|\p{Cs}/gu, "\uFFFD");
  if (Array.isArray(value)) return value.map(storable);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storable(key), storable(inner)]));
}

/** What an edge says, in the form `ingest_events` takes without a chance to raise. */
export function eventRow(event: EdgeEvent, now: number): EventRow {
  const data = storable(event.data) as Record<string, unknown>;
  const at = saneTime(event.at, now);
  const row: EventRow = {
    kind: event.kind,
    at,
    sourceId: idOrNull(event.sourceId),
    machineId: idOrNull(event.machineId),
    data: at === event.at ? data : { ...data, at: String(event.at) },
  };
  if (event.kind !== "gap") return row;
  const reason = typeof data["reason"] === "string" ? data["reason"].slice(0, 200) : "unknown";
  const stream = StreamGap.safeParse(event.data);
  if (stream.success && stream.data.to >= stream.data.from) {
    const { lane, kind, epoch } = stream.data.stream;
    const { from, to } = stream.data;
    return {
      ...row,
      reason,
      gap: { lane, kind, epoch: epochToDatabase(epoch), first: from, last: to },
      ...times(data["fromTime"], data["toTime"]),
    };
  }
  return { ...row, reason, ...times(data["from"], data["to"]), to: saneTime(data["to"], at) };
}

function times(from: unknown, to: unknown): { from?: number; to?: number } {
  const start = saneTime(from, Number.NaN);
  const end = saneTime(to, Number.NaN);
  return { ...(Number.isNaN(start) ? {} : { from: start }), ...(Number.isNaN(end) ? {} : { to: end }) };
}

/** An event that the database would not take: its place and kind stay, and what it said as text. */
export function lostEvent(event: EventRow, reason: string, now: number): EventRow {
  const said = JSON.stringify(event).slice(0, 4096);
  return {
    kind: event.kind,
    at: now,
    sourceId: null,
    machineId: null,
    data: { unreadable: reason, said },
    reason,
  };
}
