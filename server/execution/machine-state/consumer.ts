import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, instant, intArray } from "#db/sql.ts";
import { quality } from "#server/device/tag.contract.ts";
import type { ConsumedReading, Consumer, ConsumerContext } from "../ingest/consumer.ts";
import { announceHeard, announcePast, announceRebuilt, type Announcement, signalFact } from "./announce.ts";
import { lockStates, signsOfLife, stateMachines } from "./evidence.ts";
import type { StateInterval } from "./machine-state.contract.ts";
import { isStopWord, wordOf } from "./machine-state.rules.ts";
import { type DirtyTime, rebuildStates } from "./rebuild.ts";

/**
 * Machine states, stops and the guard and remote signals, from stored readings. Most batches only repeat what is
 * known; then nothing is written. Anything else derives the touched time again from the readings themselves.
 */
export const machineStateConsumer: Consumer = {
  name: "machine-state",
  wants: (tag) => signsOfLife.has(tag.meaning),
  async process(context, readings) {
    const byMachine = new Map<number, ConsumedReading[]>();
    for (const reading of readings) {
      const own = byMachine.get(reading.machineId);
      if (own === undefined) byMachine.set(reading.machineId, [reading]);
      else own.push(reading);
    }
    const ids = [...byMachine.keys()];
    if (ids.length === 0) return;
    await lockStates(context.tx, ids);
    const open = await openStates(context.tx, ids);
    const dirty = new Map<number, DirtyTime>();
    for (const [id, own] of byMachine) {
      const change = whatChanges(context, id, own, open.get(id));
      if (change !== null) dirty.set(id, change);
    }
    const facts: Announcement[] = [];
    if (dirty.size > 0) {
      for (const machine of await stateMachines(context.tx, [...dirty.keys()])) {
        const time = dirty.get(machine.id);
        if (time === undefined) continue;
        // Judged at the last thing heard: a backlog is not silence. The schedule judges at now.
        const judgeAt = context.state.get<number>(aliveKey(machine.id)) ?? time.to;
        const rebuilt = await rebuildStates(context.tx, machine, time, judgeAt);
        const announce = context.historical ? announceHeard : announceRebuilt;
        facts.push(...announce(machine.id, rebuilt));
        facts.push(
          ...(await announcePast(context.tx, machine.id, rebuilt.changedFrom, time.to, context.now)),
        );
      }
    }
    facts.push(...(await updateSignals(context, readings)));
    for (const fact of facts) await fact(context.tx, context.now);
  },
};

const aliveKey = (machineId: number) => `alive:${machineId}`;

interface OpenState extends StateInterval {
  readonly staleMs: number;
}

async function openStates(tx: Tx, ids: readonly number[]): Promise<Map<number, OpenState>> {
  const rows = await tx.execute<OpenState & { id: number } & Record<string, unknown>>(sql`
    select w.id, w.stale_ms as "staleMs", ${epochMs(sql`lower(s.during)`)} as start, null::float8 as "end", s.word, s.fault
    from work_unit w join machine_state s on s.machine_id = w.id and upper_inf(s.during)
    where w.id = any(${intArray(ids)})`);
  return new Map(rows.map(({ id, ...row }) => [id, row]));
}

/**
 * The time that must be derived again, or null when the batch only repeats what the open interval says. A reading
 * inside a known word that says that word cannot change anything; a fault code is shown only while it stands.
 */
function whatChanges(
  context: ConsumerContext,
  id: number,
  readings: readonly ConsumedReading[],
  open: OpenState | undefined,
): DirtyTime | null {
  const times = readings.map((r) => r.sourceTime);
  const dirty = {
    from: Math.min(...times),
    to: Math.max(...times),
    faults: readings.some((r) => r.meaning === "fault"),
  };
  const known = context.state.get<number>(aliveKey(id));
  let alive = known ?? Number.NEGATIVE_INFINITY;
  let changes = open === undefined || known === undefined;
  for (const reading of readings.toSorted((a, b) => a.sourceTime - b.sourceTime)) {
    const good = reading.quality <= quality.uncertain;
    if (open !== undefined) changes ||= contradicts(open, reading, good, alive);
    if (good) alive = Math.max(alive, reading.sourceTime);
  }
  if (Number.isFinite(alive) && alive !== known) context.state.set(aliveKey(id), alive);
  return changes ? dirty : null;
}

function contradicts(open: OpenState, reading: ConsumedReading, good: boolean, alive: number): boolean {
  const isState = reading.meaning === "state";
  if (open.word === "no_data") {
    // Only a state ends no data; a sign of life until the instant it began puts that off.
    return reading.sourceTime <= open.start || (isState && good && wordOf(reading.txt) !== "no_data");
  }
  if (!good) return isState;
  if (reading.sourceTime < open.start || reading.sourceTime > alive + open.staleMs) return true;
  if (isState) return wordOf(reading.txt) !== open.word;
  if (reading.meaning === "fault") return isStopWord(open.word) && (reading.txt || null) !== open.fault;
  return false;
}

/** Keeps the newest good guard and remote signals by source time, so that a late one does not win. */
async function updateSignals(
  context: ConsumerContext,
  readings: readonly ConsumedReading[],
): Promise<Announcement[]> {
  const newest = new Map<string, ConsumedReading>();
  for (const reading of readings) {
    if (
      (reading.meaning !== "guard" && reading.meaning !== "remote") ||
      reading.quality > quality.uncertain ||
      Number.isNaN(reading.num)
    )
      continue;
    const key = `${reading.machineId}:${reading.meaning}`;
    const before = newest.get(key);
    if (before === undefined || reading.sourceTime >= before.sourceTime) newest.set(key, reading);
  }
  const facts: Announcement[] = [];
  for (const { machineId, meaning, num, sourceTime } of newest.values()) {
    const on = num !== 0;
    const value = sql.identifier(meaning === "guard" ? "guard_open" : "remote");
    const at = sql.identifier(meaning === "guard" ? "guard_at" : "remote_at");
    await context.tx.execute(
      sql`insert into machine_signal (machine_id) values (${machineId}) on conflict do nothing`,
    );
    const [was] = await context.tx.execute<{ before: boolean | null }>(sql`
      update machine_signal s set ${value} = ${on}, ${at} = ${instant(sourceTime)}
      from (select ${value} as before from machine_signal where machine_id = ${machineId}) old
      where s.machine_id = ${machineId} and (s.${at} is null or s.${at} <= ${instant(sourceTime)})
      returning old.before`);
    if (was !== undefined && was.before !== on && !context.historical)
      facts.push(signalFact(machineId, meaning === "guard" ? "guard" : "remote", on, sourceTime));
  }
  return facts;
}
