import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { systemClock } from "#server/core/clock.ts";
import { ApiHand } from "#server/demo/hand.ts";
import type { Random } from "#server/device/simulator/physics/random.ts";
import type {
  AdjustmentSummary,
  AdjustmentView,
} from "#server/execution/adjustments/adjustments.contract.ts";
import type { PersonView } from "#server/execution/people/people.contract.ts";
import type { RunningPlant } from "#server/launcher/plant.ts";
import { enrolled, type Screen, screen } from "../../chaos/screens.ts";
import type { PlantHand } from "../../e2e/plant.ts";

const clock = systemClock;
/** Between two looks at a press, ms. */
const pauseMs = 700;
/** Melt set-points that a supervisor would choose, °C. */
const lowest = 226;
const span = 8;

/**
 * A setter and a supervisor who change the presses' melt set-points all the time, while everything is killed: one
 * proposes, the other approves, lets go on what was blocked, and says what the machine did where nobody knows. Each
 * press has a station that is looked at, or nothing would be sent.
 */
export class Changes {
  readonly #stop = new AbortController();
  readonly #stations: readonly Screen[];
  readonly #loops: readonly Promise<void>[];

  private constructor(stations: readonly Screen[], loops: (stop: AbortSignal) => readonly Promise<void>[]) {
    this.#stations = stations;
    this.#loops = loops(this.#stop.signal);
  }

  static async begin(plant: RunningPlant, db: Db, hand: PlantHand, random: Random): Promise<Changes> {
    const rows = await db.execute<{ code: string; machineId: number; tagId: number }>(sql`
      select w.code, w.id as "machineId", t.id as "tagId" from tag t join work_unit w on w.id = t.machine_id
      where t.metric like '%/MeltSetpoint' and w.code like 'press-%' order by w.code`);
    const stations: Screen[] = [];
    for (const { machineId } of rows) {
      const station = screen({ plant }, await enrolled({ db, clock, machineId }));
      const watch = { scopes: [`machine:${machineId}`], tags: [], hz: 1 };
      // A page watches anew whenever it is connected again.
      station.on(
        "connect",
        () =>
          void station
            .timeout(5000)
            .emitWithAck("watch", watch)
            .catch(() => undefined),
      );
      stations.push(station);
    }
    const hands = { setter: await setterOf(plant), supervisor: await handOf(plant, "dana", "demo-2001") };
    return new Changes(stations, (stop) =>
      rows.map((press) => keepChanging({ ...press, ...hands, hand, random, stop })),
    );
  }

  /** Nothing more is changed; what is on its way goes its way. */
  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
  }

  close(): void {
    this.#stop.abort();
    for (const station of this.#stations) station.disconnect();
  }
}

async function handOf(plant: RunningPlant, person: string, password: string): Promise<ApiHand> {
  const hand = new ApiHand(plant.urls.http);
  await hand.signIn(person, password);
  return hand;
}

/** The demo's setter works at the machines and has no password: the administrator gives him one. */
async function setterOf(plant: RunningPlant): Promise<ApiHand> {
  const admin = await handOf(plant, "hugo", "demo-9001");
  const chen = (await admin.get<PersonView[]>("/people")).find(({ code }) => code === "chen");
  const password = crypto.randomUUID();
  await admin.post(`/people/${chen?.id ?? ""}/password`, { password });
  return handOf(plant, "chen", password);
}

interface Press {
  readonly code: string;
  readonly machineId: number;
  readonly tagId: number;
  readonly setter: ApiHand;
  readonly supervisor: ApiHand;
  readonly hand: PlantHand;
  readonly random: Random;
  readonly stop: AbortSignal;
}

async function keepChanging(press: Press): Promise<void> {
  while (!press.stop.aborted) {
    // A server that is killed, or a gate that says no, says so the next time as well.
    await oneStep(press).catch(() => undefined);
    await clock.sleep(pauseMs, press.stop);
  }
}

/** What the two do who look at this press now. */
async function oneStep({
  setter,
  supervisor: api,
  hand,
  code,
  machineId,
  tagId,
  random,
}: Press): Promise<void> {
  const [open] = await api.get<AdjustmentSummary[]>(`/adjustments?machine=${code}&show=open`);
  const reason = "chaos bench";
  if (open === undefined) {
    const value = lowest + Math.round(random.next() * span);
    const made = await setter.post<AdjustmentView>("/adjustments", { machineId, tagId, value, reason });
    await api.post(`/adjustments/${made.id}/approve`, { version: made.version });
    return;
  }
  const { id, version, state, newValue } = open;
  if (state === "proposed") await api.post(`/adjustments/${id}/approve`, { version });
  if (state === "blocked" || state === "held")
    await api.post(`/adjustments/${id}/release`, { version, reason });
  if (state === "unknown" || state === "cannot_tell") {
    const took = (await hand.machine(code)).meltSetpoint === newValue;
    await api.post(`/adjustments/${id}/resolve`, { version, took, reason });
  }
}
