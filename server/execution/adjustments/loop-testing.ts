import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { person } from "#db/schema/execution/people.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { station, stationMachine } from "#db/schema/execution/stations.ts";
import type { Actor, Role } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { silentLogger } from "#server/core/log.ts";
import { createRunner, type Runner } from "#server/core/runner.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import { alarmReactions } from "../alarms/alarms.reactions.ts";
import { alarmSchedules } from "../alarms/alarms.schedules.ts";
import { createDetectionConsumer } from "../detection/detection-consumer.ts";
import { seedDetection } from "../detection/seed.ts";
import { createLiveStepsConsumer } from "../guidance/live-steps-consumer.ts";
import { seedGuidance } from "../guidance/seed.ts";
import { type Consumer, nothingNeeded } from "../ingest/consumer.ts";
import { adjustmentReactions } from "./adjustments.reactions.ts";
import { adjustmentSchedules } from "./adjustments.schedules.ts";
import { createDispatcher, type Dispatcher } from "./dispatcher.ts";
import { type FakeEdge, fakeEdge, player, type Press, type Said } from "./loop-press.ts";
import { createSetpointConsumer } from "./setpoint-consumer.ts";

/**
 * For tests: one press with its line, people, station and rules, and the machine's hand. The machine is fakeable and
 * is played here: it makes cycles, runs hot, takes set-points. Everything of ours is the real thing on real Postgres.
 */
export const speed = 20;

const metrics: readonly [string, TagMeaning, "number" | "text" | "boolean", string | null][] = [
  ["State", "state", "text", null],
  ["Good", "good", "number", "parts"],
  ["Scrap", "scrap", "number", "parts"],
  ["CycleTime", "cycle_time", "number", "ms"],
  ["GuardOpen", "guard", "boolean", null],
  ["Remote", "remote", "boolean", null],
  ["MeltTemperature", "measurement", "number", "°C"],
  ["CoolingFlow", "measurement", "number", "l/min"],
  ["MeltSetpoint", "setpoint", "number", "°C"],
  ["SpeedSetpoint", "setpoint", "number", "%"],
  ["Material", "material", "number", "kg"],
];
const writable = {
  min: 200,
  max: 260,
  maxStep: 15,
  minIntervalMs: 3000,
  tolerance: 0.5,
  riskClass: 1 as 1 | 2,
  atMachine: false,
};

export interface Loop {
  readonly db: Db;
  readonly clock: ManualClock;
  readonly press: Press;
  readonly edge: FakeEdge;
  readonly machineId: number;
  readonly code: string;
  readonly runner: Runner;
  readonly tags: Readonly<Record<string, number>>;
  readonly people: Readonly<Record<"dana" | "eva" | "chen" | "ada", Actor>>;
  readonly station: Actor;
  readonly dispatcher: Dispatcher;
  /** Lets the plant run for so many seconds, everything of ours beside it; stops early when `until` says so. */
  run(seconds: number, until?: () => Promise<boolean>): Promise<boolean>;
  /** Only the server works: reactions, schedules, dispatcher. */
  work(): Promise<void>;
  /** The server is killed and starts again: a new dispatcher with an empty memory. */
  restart(): void;
  do<I, O>(command: Command<I, O>, actor: Actor, input: I, commandId?: string): Promise<O>;
}

export async function makeLoop(db: Db, code: string, start = Date.UTC(2026, 10, 22, 9)): Promise<Loop> {
  const clock = new ManualClock(start);
  const [line] = await db
    .insert(equipment)
    .values({ level: "line", code: `line-${code}`, name: "Moulding" })
    .returning();
  const [machine] = await db
    .insert(workUnit)
    .values({
      lineId: line?.id ?? 0,
      code,
      name: code,
      kind: "press",
      microStopMs: 1500,
      staleMs: 5000,
      announceMs: 8000,
    })
    .returning();
  const [gateway] = await db
    .insert(edge)
    .values({ code: `edge-${code}`, name: "Edge", tokenHash: Buffer.alloc(32) })
    .returning();
  const edgeId = gateway?.id ?? 0;
  const [from] = await db
    .insert(source)
    .values({ edgeId, code: `s-${code}`, driver: "test" })
    .returning();
  const machineId = machine?.id ?? 0;
  const tags: Record<string, number> = {};
  for (const [name, meaning, datatype, unit] of metrics) {
    const [row] = await db
      .insert(tag)
      .values({
        sourceId: from?.id ?? 0,
        machineId,
        metric: `${code}/${name}`,
        name,
        meaning,
        datatype,
        unit,
        maxSilenceMs: 30_000,
        writable:
          meaning === "setpoint"
            ? { ...writable, ...(name === "SpeedSetpoint" ? { min: 70, max: 115 } : {}) }
            : null,
      })
      .returning();
    tags[name] = row?.id ?? 0;
  }
  const { people, station: device } = await seedPeople(db, machineId, code, clock);
  const machines = [{ id: machineId, code, kind: "press" }];
  const all = Object.entries(tags).map(([name, id]) => ({ id, machineId, metric: `${code}/${name}` }));
  await seedGuidance(db, { speed, now: start });
  await seedDetection(db, { machines, tags: all, speed });

  const press: Press = {
    state: "running",
    guardOpen: false,
    remote: true,
    meltSetpoint: 230,
    speedSetpoint: 100,
    extra: 0,
    drift: 0,
    flow: 12,
    material: 55,
  };
  const fake = fakeEdge(press, tags, clock);
  const consumers = [createDetectionConsumer(), createLiveStepsConsumer(), createSetpointConsumer()];
  const feed = feeder(db, machineId, tags, consumers, clock);
  const runner = createRunner({
    db,
    clock,
    log: silentLogger,
    reactions: [...alarmReactions, ...adjustmentReactions],
    schedules: [],
  });
  let dispatcher = createDispatcher({ db, clock, log: silentLogger, edgeLink: fake });
  const play = player(press, start);
  let seen = 0;
  // Asking every reaction costs dozens of questions: only when there is a fact it has not seen.
  const react = async () => {
    const [row] = await db.execute<{ newest: number }>(
      sql`select coalesce(max(id), 0)::int as newest from fact`,
    );
    if ((row?.newest ?? 0) === seen) return;
    await runner.drain();
    const [after] = await db.execute<{ newest: number }>(
      sql`select coalesce(max(id), 0)::int as newest from fact`,
    );
    seen = after?.newest ?? 0;
  };
  const work = async () => {
    await react();
    for (const schedule of [...alarmSchedules, ...adjustmentSchedules])
      await db.transaction((tx) => schedule.run({ tx, now: clock.now(), log: silentLogger }));
    await db
      .update(station)
      .set({ lastSeenAt: new Date(clock.now()) })
      .where(eq(station.id, device.stationId ?? ""));
    await dispatcher.tick();
    // An edge that never answers is not waited for.
    if (fake.manner === "obey" || fake.manner === "refuse") await dispatcher.settled();
    await react();
  };
  return {
    db,
    clock,
    press,
    edge: fake,
    machineId,
    code,
    runner,
    tags,
    people,
    station: device,
    get dispatcher() {
      return dispatcher;
    },
    work,
    async run(seconds, until) {
      for (let i = 0; i < seconds; i++) {
        const from = clock.now();
        clock.advance(1000);
        await feed(play(from, clock.now()));
        await work();
        if (until !== undefined && (await until())) return true;
      }
      return until === undefined;
    },
    restart() {
      dispatcher = createDispatcher({ db, clock, log: silentLogger, edgeLink: fake });
    },
    do: (command, actor, input, commandId = randomUUID()) =>
      command.execute({ db, clock }, actor, commandId, input),
  };
}

async function seedPeople(db: Db, machineId: number, code: string, clock: ManualClock) {
  const one = async (name: string, roles: Role[]): Promise<Actor> => {
    const [row] = await db
      .insert(person)
      .values({ code: `${name}-${code}`, name, roles })
      .returning();
    return { kind: "person", personId: row?.id ?? "", name, roles };
  };
  const people = {
    dana: await one("Dana", ["supervisor"]),
    eva: await one("Eva", ["supervisor"]),
    chen: await one("Chen", ["setter"]),
    ada: await one("Ada", ["operator"]),
  };
  const [row] = await db
    .insert(station)
    .values({ name: `station-${code}`, createdAt: new Date(clock.now()), lastSeenAt: new Date(clock.now()) })
    .returning();
  await db.insert(stationMachine).values({ stationId: row?.id ?? "", machineId });
  const device: Actor = {
    kind: "station",
    name: "Station",
    roles: [],
    stationId: row?.id ?? "",
    machineIds: [machineId],
  };
  return { people, station: device };
}

/** Stores a batch as ingest does and runs the consumers over it as a lane does. */
function feeder(
  db: Db,
  machineId: number,
  tags: Readonly<Record<string, number>>,
  consumers: readonly Consumer[],
  clock: ManualClock,
): (said: readonly Said[]) => Promise<void> {
  const meaning = new Map(metrics.map(([name, m]) => [name, m]));
  const memory = new Map<string, unknown>();
  let seq = 0;
  return async (said) => {
    const readings = said.map(({ name, at, value }) => ({
      tagId: tags[name] ?? 0,
      machineId,
      meaning: meaning.get(name) ?? "measurement",
      sourceTime: at,
      num: typeof value === "number" ? value : Number.NaN,
      txt: typeof value === "string" ? value : null,
      quality: 0,
      seq: (seq += 1),
    }));
    const rows = readings.map((r) => ({
      ...r,
      num: Number.isNaN(r.num) ? null : r.num,
      at: new Date(r.sourceTime),
    }));
    await db.execute(sql`
      insert into reading (source_ts, edge_ts, epoch, seq, num, stream_id, tag_id, quality, txt)
      select x.at, x.at, 1, x.seq, x.num, 1, x."tagId", x.quality, x.txt
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
        x(at timestamptz, seq bigint, num float8, "tagId" int, quality smallint, txt text)`);
    for (const consumer of consumers) {
      const needed = (await consumer.needs?.(db, clock.now())) ?? nothingNeeded;
      const wanted = readings.filter((r) =>
        consumer.wants({ id: r.tagId, machineId, meaning: r.meaning, metric: "" }, needed),
      );
      await db.transaction((tx) =>
        consumer.process(
          {
            tx,
            now: clock.now(),
            log: silentLogger,
            historical: false,
            state: {
              get: <T>(key: string) => memory.get(`${consumer.name}/${key}`) as T | undefined,
              // Through JSON, as it is kept between batches.
              set: (key, value) =>
                void memory.set(`${consumer.name}/${key}`, JSON.parse(JSON.stringify(value))),
            },
          },
          wanted,
        ),
      );
    }
  };
}
