import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, instant, intArray } from "#db/sql.ts";
import { quality, type TagMeaning } from "#server/device/tag.contract.ts";
import type { StateEvent } from "./machine-state.rules.ts";

/** What is heard as a sign of life. Process values are left out: they are many, and the rest repeats often enough. */
export const signsOfLife: ReadonlySet<TagMeaning> = new Set([
  "state",
  "fault",
  "guard",
  "remote",
  "good",
  "scrap",
  "cycles",
  "cycle_time",
  "material",
  "energy",
]);

/** What deriving a machine's states needs to know about it. */
export interface StateMachine {
  readonly id: number;
  readonly kind: string;
  readonly staleMs: number;
  readonly microStopMs: number;
  readonly stateTags: readonly number[];
  readonly faultTags: readonly number[];
  readonly lifeTags: readonly number[];
}

type MachineRow = Omit<StateMachine, "stateTags" | "faultTags" | "lifeTags"> & {
  tags: { id: number; meaning: TagMeaning }[];
} & Record<string, unknown>;

export async function stateMachines(tx: Tx, ids: readonly number[]): Promise<StateMachine[]> {
  const rows = await tx.execute<MachineRow>(sql`
    select w.id, w.kind, w.stale_ms as "staleMs", w.micro_stop_ms as "microStopMs",
      coalesce((select jsonb_agg(jsonb_build_object('id', t.id, 'meaning', t.meaning)) from tag t
        where t.machine_id = w.id), '[]') as tags
    from work_unit w where w.id = any(${intArray(ids)}) order by w.id`);
  return rows.map(({ tags, ...row }) => {
    const meant = (is: (meaning: TagMeaning) => boolean) =>
      tags.filter((t) => is(t.meaning)).map((t) => t.id);
    return {
      ...row,
      stateTags: meant((m) => m === "state"),
      faultTags: meant((m) => m === "fault"),
      lifeTags: meant((m) => signsOfLife.has(m)),
    };
  });
}

/**
 * One writer of a machine's states at a time: the consumer, the schedule, a recomputation. Locks are taken in order
 * of id, so that two batches with the same machines cannot wait for one another.
 */
export async function lockStates(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.execute(sql`
    select pg_advisory_xact_lock(7401, id) from unnest(${intArray(ids.toSorted((a, b) => a - b))}) with ordinality u(id, n) order by n`);
}

/** How far a look back goes before it goes without limit: it keeps the search inside one or two partitions. */
const nearMs = 3_600_000;

/** Source time of the last reading of these tags strictly before `at`. */
export async function lastBefore(tx: Tx, tags: readonly number[], at: number): Promise<number | null> {
  for (const from of [at - nearMs, Number.NEGATIVE_INFINITY]) {
    const rows = await tx.execute<{ at: number }>(sql`
      select ${epochMs(sql`source_ts`)} as at from reading
      where tag_id = any(${intArray(tags)}) and source_ts >= ${instant(from)} and source_ts < ${instant(at)}
      order by source_ts desc limit 1`);
    if (rows[0] !== undefined) return rows[0].at;
  }
  return null;
}

/** Source time of the first reading of these tags strictly after `at`; `good` = only one that knows its value. */
export async function firstAfter(
  tx: Tx,
  tags: readonly number[],
  at: number,
  good = false,
): Promise<number | null> {
  const rows = await tx.execute<{ at: number }>(sql`
    select ${epochMs(sql`source_ts`)} as at from reading
    where tag_id = any(${intArray(tags)}) and source_ts > ${instant(at)} and quality <= ${good ? quality.uncertain : quality.stale}
    order by source_ts limit 1`);
  return rows[0]?.at ?? null;
}

/** The fault code in force just before `at`, by the last reading that knew it. */
export async function faultBefore(tx: Tx, tags: readonly number[], at: number): Promise<string | null> {
  for (const from of [at - nearMs, Number.NEGATIVE_INFINITY]) {
    const rows = await tx.execute<{ txt: string | null }>(sql`
      select txt from reading
      where tag_id = any(${intArray(tags)}) and source_ts >= ${instant(from)} and source_ts < ${instant(at)}
        and quality <= ${quality.uncertain}
      order by source_ts desc, epoch desc, seq desc limit 1`);
    if (rows[0] !== undefined) return rows[0].txt;
  }
  return null;
}

/** Everything heard of a machine in [from, to), in order of source time, then of arrival. */
export async function eventsIn(
  tx: Tx,
  machine: StateMachine,
  from: number,
  to: number | null,
): Promise<StateEvent[]> {
  const rows = await tx.execute<{ at: number; tagId: number; txt: string | null; quality: number }>(sql`
    select ${epochMs(sql`source_ts`)} as at, tag_id as "tagId", txt, quality from reading
    where tag_id = any(${intArray(machine.lifeTags)}) and source_ts >= ${instant(from)}
      and source_ts < ${instant(to ?? Number.POSITIVE_INFINITY)}
    order by source_ts, epoch, seq`);
  return rows.map((row) => ({
    at: row.at,
    kind: kindOf(machine, row.tagId),
    good: row.quality <= quality.uncertain,
    text: row.txt,
  }));
}

export function kindOf(
  machine: Pick<StateMachine, "stateTags" | "faultTags">,
  tagId: number,
): StateEvent["kind"] {
  if (machine.stateTags.includes(tagId)) return "state";
  return machine.faultTags.includes(tagId) ? "fault" : "alive";
}
