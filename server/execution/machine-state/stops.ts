import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, instant, instantArray, periodOf, textArray, uuidArray } from "#db/sql.ts";
import type { StateMachine } from "./evidence.ts";
import type { MachineWord, StateInterval } from "./machine-state.contract.ts";
import { findStops, type FoundStop } from "./machine-state.rules.ts";

export interface StopChange extends FoundStop {
  readonly id: string;
  /** `opened` = it has a row now and had none; `closed` = it ended. A stop can be both at once. */
  readonly opened: boolean;
  readonly closed: boolean;
}

type StopRow = {
  id: string;
  start: number;
  end: number | null;
  word: MachineWord;
  fault: string | null;
} & Record<string, unknown>;

const standing = sql`('idle', 'stopped', 'fault', 'starved', 'blocked')`;

/**
 * Finds the stops again where states changed, [from, to): each from the first to the last word of standing still in a
 * row, longer than the machine's micro-stop limit. A stop that only moved its ends keeps its id.
 */
export async function rebuildStops(
  tx: Tx,
  machine: Pick<StateMachine, "id" | "microStopMs">,
  from: number,
  to: number | null,
  judgeAt: number,
): Promise<StopChange[]> {
  const states = await tx.execute<StateInterval & Record<string, unknown>>(sql`
    with edge as (
      select
        coalesce((select max(lower(during)) from machine_state
          where machine_id = ${machine.id} and lower(during) < ${instant(from)} and word not in ${standing}), '-infinity') as a,
        (select min(lower(during)) from machine_state
          where machine_id = ${machine.id} and lower(during) >= ${instant(to ?? Number.POSITIVE_INFINITY)} and word not in ${standing}) as b
    )
    select ${epochMs(sql`lower(s.during)`)} as start, ${epochMs(sql`upper(s.during)`)} as "end", s.word, s.fault
    from machine_state s, edge
    where s.machine_id = ${machine.id} and s.during && tstzrange(edge.a, edge.b)
    order by lower(s.during)`);
  const a = Math.min(states[0]?.start ?? from, from);
  const last = states.at(-1);
  const b = last === undefined ? to : last.end;
  const found = findStops(states, machine.microStopMs, judgeAt);
  const old = await tx.execute<StopRow>(sql`
    select id, ${epochMs(sql`lower(during)`)} as start, ${epochMs(sql`upper(during)`)} as "end", word, fault
    from stop where machine_id = ${machine.id} and during && ${periodOf(a, b)} order by lower(during)`);

  const free = [...old];
  const changes: (StopChange & { readonly before: StopRow | undefined })[] = found.map((stop) => {
    const match = free.findIndex((o) => o.start < (stop.end ?? Infinity) && stop.start < (o.end ?? Infinity));
    const before = match < 0 ? undefined : free.splice(match, 1)[0];
    const closed = stop.end !== null && (before === undefined || before.end === null);
    return { ...stop, id: before?.id ?? randomUUID(), before, opened: before === undefined, closed };
  });
  const changed = changes.filter(
    ({ before, ...stop }) =>
      before === undefined ||
      before.start !== stop.start ||
      before.end !== stop.end ||
      before.word !== stop.word ||
      before.fault !== stop.fault,
  );
  // All old rows first: a row that grows over its neighbour's old time must not meet it.
  const gone = [...free, ...changed.flatMap((c) => c.before ?? [])];
  if (gone.length > 0)
    await tx.execute(sql`delete from stop where id = any(${uuidArray(gone.map((s) => s.id))})`);
  if (changed.length > 0)
    await tx.execute(sql`
      insert into stop (id, machine_id, during, word, fault)
      select id, ${machine.id}, tstzrange(a, nullif(b, 'infinity')), word, fault
      from unnest(${uuidArray(changed.map((s) => s.id))}, ${instantArray(changed.map((s) => s.start))},
        ${instantArray(changed.map((s) => s.end ?? Number.POSITIVE_INFINITY))}, ${textArray(changed.map((s) => s.word))},
        ${textArray(changed.map((s) => s.fault))}) u(id, a, b, word, fault)`);
  return changed.map(({ before: _before, ...stop }) => stop);
}
