import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, instantArray, periodOf, textArray } from "#db/sql.ts";
import { eventsIn, faultBefore, firstAfter, lastBefore, type StateMachine } from "./evidence.ts";
import type { StateInterval } from "./machine-state.contract.ts";
import { deriveStates, firstDifference, replaceStates } from "./machine-state.rules.ts";
import { rebuildStops, type StopChange } from "./stops.ts";

export interface DirtyTime {
  readonly from: number;
  readonly to: number;
  /** Whether fault readings are among what is new: a fault code holds until the next one. */
  readonly faults: boolean;
}

export interface Rebuilt {
  /** The open interval before and after. */
  readonly before: StateInterval | null;
  readonly after: StateInterval | null;
  readonly stops: readonly StopChange[];
  /** The first instant that is told otherwise than before; null = none. */
  readonly changedFrom: number | null;
}

/**
 * Derives a machine's states again where new readings can have changed them: from the state reading before the
 * first new one to the state reading after the last new one. Whatever order readings come in, the rows are those
 * of a derivation from all stored readings. The caller holds the machine's lock.
 * @param judgeAt until when silence and open stops are judged; the schedule does that at now
 */
export async function rebuildStates(
  tx: Tx,
  machine: StateMachine,
  dirty: DirtyTime,
  judgeAt: number,
): Promise<Rebuilt> {
  const before = await openState(tx, machine.id);
  const nothing: Rebuilt = { before, after: before, stops: [], changedFrom: null };
  const start = await lastBefore(tx, machine.stateTags, dirty.from);
  const next = await firstAfter(tx, machine.stateTags, dirty.to);
  const nextFault = dirty.faults ? await firstAfter(tx, machine.faultTags, dirty.to, true) : dirty.to;
  const end = next === null || nextFault === null ? null : Math.max(next, nextFault);
  const from = start ?? (await firstAfter(tx, machine.stateTags, Number.NEGATIVE_INFINITY));
  // A machine that never said a state has no states; what it says otherwise is in its readings.
  if (from === null || (end !== null && from >= end)) return nothing;

  const fresh = deriveStates({
    events: await eventsIn(tx, machine, from, end),
    faultBefore: await faultBefore(tx, machine.faultTags, from),
    staleMs: machine.staleMs,
    to: end,
    now: judgeAt,
  });
  const old = await statesTouching(tx, machine.id, start === null ? null : from, end);
  const wanted = replaceStates(start === null ? old.filter((r) => r.start >= from) : old, fresh, from, end);
  const same = (a: StateInterval, b: StateInterval) =>
    a.start === b.start && a.end === b.end && a.word === b.word && a.fault === b.fault;
  const gone = old.filter((o) => !wanted.some((w) => same(o, w)));
  const come = wanted.filter((w) => !old.some((o) => same(o, w)));
  if (gone.length === 0 && come.length === 0) return nothing;

  // One statement each: a day that comes at once is hundreds of rows, and others wait for the lock meanwhile.
  if (gone.length > 0)
    await tx.execute(sql`
      delete from machine_state where machine_id = ${machine.id}
        and lower(during) = any(${instantArray(gone.map((r) => r.start))})`);
  if (come.length > 0)
    await tx.execute(sql`
      insert into machine_state (machine_id, during, word, fault)
      select ${machine.id}, tstzrange(a, nullif(b, 'infinity')), word, fault
      from unnest(${instantArray(come.map((r) => r.start))}, ${instantArray(come.map((r) => r.end ?? Number.POSITIVE_INFINITY))},
        ${textArray(come.map((r) => r.word))}, ${textArray(come.map((r) => r.fault))}) u(a, b, word, fault)`);
  const changedFrom = Math.min(...[...gone, ...come].map((r) => r.start));
  const changedTo = [...gone, ...come].some((r) => r.end === null)
    ? null
    : Math.max(...[...gone, ...come].map((r) => r.end ?? 0));
  const stops = await rebuildStops(tx, machine, changedFrom, changedTo, judgeAt);
  const last = wanted.at(-1);
  const after = last !== undefined && last.end === null ? last : before;
  return { before, after, stops, changedFrom: firstChange(firstDifference(old, wanted), stops) };
}

/** A stop that has a row now counts as one from its very start, however long ago that was. */
export function firstChange(states: number | null, stops: readonly StopChange[]): number | null {
  const starts = stops.filter((s) => s.opened).map((s) => s.start);
  const first = Math.min(states ?? Infinity, ...starts);
  return Number.isFinite(first) ? first : null;
}

type Row = StateInterval & Record<string, unknown>;

async function openState(tx: Tx, machineId: number): Promise<StateInterval | null> {
  const rows = await tx.execute<Row>(sql`
    select ${epochMs(sql`lower(during)`)} as start, null::float8 as "end", word, fault
    from machine_state where machine_id = ${machineId} and upper_inf(during)`);
  return rows[0] ?? null;
}

/** Rows that overlap [from, to] or end or begin at its edges, in order. */
export async function statesTouching(
  tx: Tx,
  machineId: number,
  from: number | null,
  to: number | null,
): Promise<StateInterval[]> {
  return tx.execute<Row>(sql`
    select ${epochMs(sql`lower(during)`)} as start, ${epochMs(sql`upper(during)`)} as "end", word, fault
    from machine_state
    where machine_id = ${machineId}
      and during && ${periodOf(from === null ? null : from - 1, to === null ? null : to + 1)}
    order by lower(during)`);
}
