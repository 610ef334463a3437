import type { ManualClock } from "#server/core/clock.ts";
import type { Actuation, ActuationAnswer } from "#server/edge/uplink.contract.ts";
import type { EdgeLink } from "../ingest/edge-link.ts";

/** For tests: the press of loop-testing.ts and the far end of its edge link, played without chance. */
const cycleMs = 1200;
const cavities = 8;

/** What the machine says and how it feels; a test turns these knobs. */
export interface Press {
  state: string;
  guardOpen: boolean;
  remote: boolean;
  meltSetpoint: number;
  speedSetpoint: number;
  /** Heat that the heaters do not make, °C: a clogged cooling. */
  extra: number;
  /** How much too high the melt sensor reads, °C. */
  drift: number;
  flow: number;
  material: number;
}

/** The other end of the edge link: what reached it, and how it is to answer. */
export interface FakeEdge extends EdgeLink {
  readonly received: Actuation[];
  readonly documents: number[];
  up: boolean;
  /** `obey` writes to the machine; `silent` never answers; `lose` writes and the answer gets lost. */
  manner: "obey" | "refuse" | "silent" | "lose";
}

export function fakeEdge(press: Press, tags: Readonly<Record<string, number>>, clock: ManualClock): FakeEdge {
  const received: Actuation[] = [];
  const documents: number[] = [];
  const fake: FakeEdge = {
    received,
    documents,
    up: true,
    manner: "obey",
    online: () => fake.up,
    actuate(_edgeId, actuation) {
      received.push(actuation);
      const said = (result: ActuationAnswer["result"], reason: string | null): ActuationAnswer => ({
        id: actuation.id,
        result,
        reason,
        readBack: null,
        at: clock.now(),
      });
      if (fake.manner === "refuse") return Promise.resolve(said("refused", "guard_open"));
      if (fake.manner === "silent") return new Promise(() => {});
      if (actuation.tagId === tags["MeltSetpoint"]) press.meltSetpoint = Number(actuation.value);
      return fake.manner === "lose" ? new Promise(() => {}) : Promise.resolve(said("accepted", null));
    },
    sendDocument(edgeId) {
      documents.push(edgeId);
      return Promise.resolve();
    },
    health: () => ({}),
  };
  return fake;
}

export interface Said {
  readonly name: string;
  readonly at: number;
  readonly value: number | string;
}

/** The press itself: lag of the melt, scrap by the true temperature. Without chance, so that a story is a story. */
export function player(press: Press, start: number): (from: number, to: number) => Said[] {
  let heated = press.meltSetpoint;
  let extra = 0;
  let good = 0;
  let scrap = 0;
  let owed = 0;
  let nextCycle = start + cycleMs;
  let beat = 0;
  return (from, to) => {
    const said: Said[] = [];
    for (let at = from + 500; at <= to; at += 500) {
      heated += (press.meltSetpoint - heated) * (1 - Math.exp(-0.5 / 6));
      extra += (press.extra - extra) * (1 - Math.exp(-0.5 / 5));
      beat += 1;
      // A sensor that wobbles by 0.2 °C.
      said.push({ name: "MeltTemperature", at, value: heated + extra + press.drift + 0.2 * Math.sin(beat) });
    }
    while (nextCycle <= to) {
      if (press.state === "running") {
        const u = (heated + extra - 230) / 14;
        owed += cavities * (0.012 + 0.17 * u * u);
        const bad = Math.min(cavities, Math.floor(owed));
        owed -= bad;
        scrap += bad;
        good += cavities - bad;
        press.material -= cavities * 0.025;
        const wobble = 1 + 0.01 * Math.sin(beat * 7);
        said.push({ name: "CycleTime", at: nextCycle, value: cycleMs * wobble });
        said.push({ name: "Good", at: nextCycle, value: good });
        said.push({ name: "Scrap", at: nextCycle, value: scrap });
      }
      nextCycle += cycleMs;
    }
    const { state, flow, material, meltSetpoint, speedSetpoint } = press;
    const now: [string, number | string][] = [
      ["State", state],
      ["GuardOpen", Number(press.guardOpen)],
      ["Remote", Number(press.remote)],
      ["CoolingFlow", flow],
      ["MeltSetpoint", meltSetpoint],
      ["SpeedSetpoint", speedSetpoint],
      ["Material", material],
    ];
    said.push(...now.map(([name, value]) => ({ name, at: to, value })));
    return said.toSorted((a, b) => a.at - b.at);
  };
}
