import { sql } from "drizzle-orm";
import { epochMs, instant } from "#db/sql.ts";
import { quality } from "#server/device/tag.contract.ts";
import type { ReactionContext, Schedule } from "#server/core/runner.ts";
import { announcePast, announceRebuilt, type Announcement } from "./announce.ts";
import { lockStates, signsOfLife, stateMachines } from "./evidence.ts";
import { firstChange, rebuildStates } from "./rebuild.ts";
import { rebuildStops } from "./stops.ts";

/** What passes without a reading: a machine that fell silent, and a stop that grew past the micro-stop limit. */
export const machineStateSchedules: Schedule[] = [
  { name: "machine-state.tick", everyMs: 1000, run: judgeTime },
];

async function judgeTime(context: ReactionContext): Promise<void> {
  const { tx, now } = context;
  const silent = await silentMachines(context);
  const standing = await standingMachines(context);
  if (silent.length + standing.length === 0) return;
  await lockStates(tx, [...new Set([...silent, ...standing.map((s) => s.id)])]);
  const facts: Announcement[] = [];
  for (const machine of await stateMachines(tx, silent)) {
    const rebuilt = await rebuildStates(tx, machine, { from: now, to: now, faults: false }, now);
    facts.push(
      ...announceRebuilt(machine.id, rebuilt),
      ...(await announcePast(tx, machine.id, rebuilt.changedFrom, now, now)),
    );
  }
  for (const { id, microStopMs, start } of standing) {
    const stops = await rebuildStops(tx, { id, microStopMs }, start, null, now);
    const changedFrom = firstChange(null, stops);
    facts.push(
      ...announceRebuilt(id, { before: null, after: null, stops, changedFrom }),
      ...(await announcePast(tx, id, changedFrom, now, now)),
    );
  }
  for (const fact of facts) await fact(tx, now);
}

/** Machines in a known word that were not heard of for longer than their stale time. */
async function silentMachines({ tx, now }: ReactionContext): Promise<number[]> {
  const meanings = sql.join(
    [...signsOfLife].map((m) => sql`${m}`),
    sql`, `,
  );
  const rows = await tx.execute<{ id: number }>(sql`
    select w.id from work_unit w
    join machine_state s on s.machine_id = w.id and upper_inf(s.during) and s.word <> 'no_data'
    cross join lateral (select ${instant(now)} - make_interval(secs => w.stale_ms / 1000.0) as since) x
    where lower(s.during) < x.since and not exists (
      select from tag t join reading r on r.tag_id = t.id
      where t.machine_id = w.id and t.meaning in (${meanings}) and r.source_ts >= x.since and r.quality <= ${quality.uncertain})`);
  return rows.map((r) => r.id);
}

/** Machines that stand now and whose stop has no row yet, with the start of the present word. */
async function standingMachines({
  tx,
}: ReactionContext): Promise<{ id: number; microStopMs: number; start: number }[]> {
  return tx.execute<{ id: number; microStopMs: number; start: number }>(sql`
    select w.id, w.micro_stop_ms as "microStopMs", ${epochMs(sql`lower(s.during)`)} as start
    from work_unit w
    join machine_state s on s.machine_id = w.id and upper_inf(s.during)
      and s.word in ('idle', 'stopped', 'fault', 'starved', 'blocked')
    where not exists (select from stop where machine_id = w.id and upper_inf(during))`);
}
