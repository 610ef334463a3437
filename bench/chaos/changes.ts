import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { systemClock } from "#server/core/clock.ts";
import { ApiHand } from "#server/demo/hand.ts";
import type { Random } from "#server/device/simulator/physics/random.ts";
import type {
  AdjustmentSummary,
  AdjustmentView,
} from "#server/execution/adjustments/adjustments.contract.ts";
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
 * A supervisor who changes the presses' melt set-points all the time, while everything is killed: proposes, approves,
 * lets go on what was blocked, and says what the machine did where nobody knows. Each press has a station that is
 * looked at, or nothing would be sent.
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
    const stations = [];
    for (const { machineId } of rows)
      stations.push(screen({ plant }, await enrolled({ db, clock, machineId })));
    const api = new ApiHand(plant.urls.http);
    await api.signIn("dana", "demo-2001");
    return new Changes(stations, (stop) =>
      rows.map((press) => keepChanging({ ...press, api, hand, random, stop })),
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

interface Press {
  readonly code: string;
  readonly machineId: number;
  readonly tagId: number;
  readonly api: ApiHand;
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

/** What a supervisor does who looks at this press now. */
async function oneStep({ api, hand, code, machineId, tagId, random }: Press): Promise<void> {
  const [open] = await api.get<AdjustmentSummary[]>(`/adjustments?machine=${code}&show=open`);
  const reason = "chaos bench";
  if (open === undefined) {
    const value = lowest + Math.round(random.next() * span);
    const made = await api.post<AdjustmentView>("/adjustments", { machineId, tagId, value, reason });
    await api.post(`/adjustments/${made.id}/approve`, { version: made.version });
    return;
  }
  const { id, version, state, newValue } = open;
  if (state === "proposed") await api.post(`/adjustments/${id}/approve`, { version });
  if (state === "blocked" || state === "held")
    await api.post(`/adjustments/${id}/release`, { version, reason });
  if (state === "unknown") {
    const took = (await hand.machine(code)).meltSetpoint === newValue;
    await api.post(`/adjustments/${id}/resolve`, { version, took, reason });
  }
}
