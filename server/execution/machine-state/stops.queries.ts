import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, intArray, periodOf } from "#db/sql.ts";
import type {
  MachineWord,
  OfferedReason,
  StateInterval,
  StopReason,
  StopView,
} from "./machine-state.contract.ts";
import { type Explanation, stopParts } from "./machine-state.rules.ts";

/** State intervals that overlap [from, to), not clipped, in order. Time without a row has no data. */
export async function statesBetween(
  db: Db | Tx,
  machineId: number,
  from: number,
  to: number,
): Promise<StateInterval[]> {
  return db.execute<StateInterval & Record<string, unknown>>(sql`
    select ${epochMs(sql`lower(during)`)} as start, ${epochMs(sql`upper(during)`)} as "end", word, fault
    from machine_state where machine_id = ${machineId} and during && ${periodOf(from, to)} order by lower(during)`);
}

/** Reasons that an operator of this machine can give now, at most 25: under their headings, then those without, by name. */
export async function stopReasons(db: Db | Tx, machineId: number, now: number): Promise<OfferedReason[]> {
  return db.execute<OfferedReason & Record<string, unknown>>(sql`
    select r.id, r.code, r.name, coalesce(c.planned, false) as planned, coalesce(c.changeover, false) as changeover,
      case when g.id is not null then json_build_object('code', g.code, 'name', g.name) end as "group"
    from stop_reason r
    left join stop_reason_group g on g.id = r.group_id
    left join stop_reason_class c on c.reason_id = r.id and c.during @> ${instant(now)}
    where r.active and (r.machine_kind is null or r.machine_kind = (select kind from work_unit where id = ${machineId}))
    order by g.position nulls last, g.id, r.name`);
}

type StopRow = {
  id: string;
  machineId: number;
  start: number;
  end: number | null;
  word: MachineWord;
  fault: string | null;
  faultReasonId: number | null;
} & Record<string, unknown>;
type SaidRow = Explanation & { machineId: number } & Record<string, unknown>;

/**
 * Stops of these machines that overlap [from, to), not clipped, newest first, each part with its reason: what a person
 * said, else the reason of the fault code, else of the word (starved, blocked …).
 */
export async function stopsBetween(
  db: Db | Tx,
  machineIds: readonly number[],
  from: number,
  to: number,
): Promise<StopView[]> {
  const stops = await db.execute<StopRow>(sql`
    select s.id, s.machine_id as "machineId", ${epochMs(sql`lower(s.during)`)} as start, ${epochMs(sql`upper(s.during)`)} as "end",
      s.word, s.fault, f.reason_id as "faultReasonId"
    from stop s
    join work_unit w on w.id = s.machine_id
    left join fault_reason f on f.machine_kind = w.kind and f.fault = coalesce(s.fault, s.word)
    where s.machine_id = any(${intArray(machineIds)}) and s.during && ${periodOf(from, to)}
    order by lower(s.during) desc`);
  if (stops.length === 0) return [];
  const first = Math.min(...stops.map((s) => s.start));
  const said = await db.execute<SaidRow>(sql`
    select machine_id as "machineId", ${epochMs(sql`lower(during)`)} as start, ${epochMs(sql`upper(during)`)} as "end",
      reason_id as "reasonId", comment, ${epochMs(sql`at`)} as at
    from stop_explanation where machine_id = any(${intArray(machineIds)}) and during && ${periodOf(first, to)} order by id`);
  const classes = await classesOf(db);
  return stops.map(({ faultReasonId, ...stop }) => ({
    ...stop,
    parts: stopParts(
      stop,
      said.filter((e) => e.machineId === stop.machineId),
      faultReasonId,
    ).map(({ reasonId, ...part }) => ({
      ...part,
      reason: reasonId === null ? null : reasonAt(classes, reasonId, stop.start),
    })),
  }));
}

interface ReasonClass extends StopReason {
  readonly from: number | null;
  readonly to: number | null;
}

async function classesOf(db: Db | Tx): Promise<ReasonClass[]> {
  return db.execute<ReasonClass & Record<string, unknown>>(sql`
    select r.id, r.code, r.name, coalesce(c.planned, false) as planned, coalesce(c.changeover, false) as changeover,
      ${epochMs(sql`nullif(lower(c.during), '-infinity')`)} as from, ${epochMs(sql`nullif(upper(c.during), 'infinity')`)} as to
    from stop_reason r left join stop_reason_class c on c.reason_id = r.id`);
}

/** A reason counts as it was classed when the stop began: changing a class restates nothing that was. */
function reasonAt(classes: readonly ReasonClass[], id: number, at: number): StopReason | null {
  const own = classes.filter((c) => c.id === id);
  const held = own.find((c) => (c.from ?? -Infinity) <= at && at < (c.to ?? Infinity));
  const any = held ?? own[0];
  if (any === undefined) return null;
  return {
    id,
    code: any.code,
    name: any.name,
    planned: held?.planned ?? false,
    changeover: held?.changeover ?? false,
  };
}
