import { Random } from "#server/device/simulator/physics/random.ts";
import type { PlantMachine } from "#server/device/simulator/layout.ts";

/**
 * One production day of one machine as it might have been. Pure: the same seed gives the same day. Only what machines
 * and people say is invented; states, stops, counts and OEE are derived from it by the plant's own code.
 */
export interface HistoryDay {
  readonly readings: readonly HistoryReading[];
  readonly runs: readonly { readonly start: number; readonly end: number }[];
  readonly explanations: readonly {
    readonly start: number;
    readonly end: number;
    readonly reason: string;
    readonly by: string;
  }[];
}

export interface HistoryReading {
  readonly at: number;
  /** Without the machine, e.g. `State`. */
  readonly metric: string;
  readonly value: number | string;
}

export interface DayAsked {
  readonly machine: PlantMachine;
  readonly from: number;
  readonly to: number;
  readonly seed: number;
  /** Ideal ms per cycle at the demo's speed. */
  readonly cycleMs: number;
  readonly microStopMs: number;
  /** Shots of a press make scrap with this chance on a good day. */
  readonly scrapShare: number;
  /** Values of this day, by metric: mean and spread. */
  readonly levels: Readonly<Record<string, readonly [number, number]>>;
}

const minute = 60_000;
/** A state is said again after this long, as the real machines do. */
const repeatMs = 30_000;

type Piece = {
  readonly start: number;
  readonly end: number;
  readonly word: string;
  readonly fault: string;
  readonly reason?: string;
};

/** What can stop a machine in a day: how often, how long (minutes), and what is said of it afterwards. */
interface Trouble {
  readonly word: string;
  readonly fault?: string;
  readonly perDay: number;
  readonly minutes: readonly [number, number];
  readonly reason?: string;
}

const troubles: Readonly<Record<PlantMachine["kind"], readonly Trouble[]>> = {
  press: [
    { word: "stopped", perDay: 1, minutes: [12, 25], reason: "cleaning" },
    { word: "fault", fault: "E201", perDay: 0.3, minutes: [10, 35] },
    { word: "stopped", perDay: 2.4, minutes: [5, 40], reason: "mechanical" },
    { word: "stopped", perDay: 0.8, minutes: [20, 75], reason: "tool" },
    { word: "stopped", perDay: 1, minutes: [5, 25], reason: "no_operator" },
    { word: "stopped", perDay: 0.8, minutes: [3, 15], reason: "quality_check" },
    { word: "blocked", perDay: 2, minutes: [1, 6] },
    { word: "stopped", perDay: 0.7, minutes: [2, 12] },
    { word: "stopped", perDay: 0.12, minutes: [60, 110], reason: "maintenance" },
  ],
  oven: [
    { word: "starved", perDay: 5, minutes: [1, 8] },
    { word: "stopped", perDay: 1.2, minutes: [15, 55], reason: "electrical" },
    { word: "stopped", perDay: 1, minutes: [10, 20], reason: "cleaning" },
  ],
  packer: [
    { word: "fault", fault: "E310", perDay: 4, minutes: [2, 9] },
    { word: "starved", perDay: 6, minutes: [1, 7] },
    { word: "stopped", perDay: 3, minutes: [4, 15], reason: "no_material" },
    { word: "stopped", perDay: 1, minutes: [10, 20], reason: "cleaning" },
    { word: "stopped", perDay: 0.6, minutes: [5, 25] },
  ],
  cnc: [
    { word: "fault", fault: "E420", perDay: 0.6, minutes: [10, 30] },
    { word: "stopped", perDay: 1.5, minutes: [4, 12], reason: "quality_check" },
    { word: "stopped", perDay: 1, minutes: [10, 20], reason: "cleaning" },
    { word: "stopped", perDay: 1, minutes: [8, 30], reason: "mechanical" },
    { word: "stopped", perDay: 0.8, minutes: [5, 25], reason: "no_operator" },
    { word: "stopped", perDay: 0.5, minutes: [2, 12] },
  ],
};

const speakers = ["Ada Larsen", "Ben Okafor", "Chen Wei"];
/** An order lasts about this long in the past; between two of them the machine is set up. */
const orderMinutes = 480;

export function historyDay(asked: DayAsked): HistoryDay {
  const random = new Random(asked.seed);
  const pieces = timeline(asked, random);
  const readings = [
    ...saidStates(asked, pieces),
    ...saidCounts(asked, pieces, random),
    ...saidLevels(asked, pieces, random),
  ];
  return {
    readings: readings.toSorted((a, b) => a.at - b.at),
    runs: ordersOf(asked),
    explanations: pieces.flatMap(({ start, end, reason }, i) =>
      reason === undefined ? [] : [{ start, end, reason, by: speakers[i % speakers.length] ?? "" }],
    ),
  };
}

function ordersOf({ from, to }: DayAsked): { start: number; end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (let start = from; start < to; start += orderMinutes * minute)
    runs.push({ start, end: Math.min(to, start + orderMinutes * minute) });
  return runs;
}

/** Stops laid over a running day, set-up at the start of each order, micro-stops in between. */
function timeline(asked: DayAsked, random: Random): Piece[] {
  const { from, to, machine, microStopMs } = asked;
  const share = (to - from) / (24 * 60 * minute);
  const stops: Piece[] = ordersOf(asked).map(({ start }) => ({
    start,
    end: start + random.between(6, 16) * minute,
    word: "setup",
    fault: "",
  }));
  for (const trouble of troubles[machine.kind]) {
    const times = Math.floor(trouble.perDay * share + random.between(0, 1));
    for (let i = 0; i < times; i++) {
      const start = from + random.between(0.01, 0.98) * (to - from);
      const end = start + random.between(...trouble.minutes) * minute;
      const { word, fault = "", reason } = trouble;
      stops.push({ start, end, word, fault, ...(reason === undefined ? {} : { reason }) });
    }
  }
  const micro = Math.floor(share * (machine.kind === "packer" ? 60 : 25));
  for (let i = 0; i < micro; i++) {
    const start = random.between(from, to);
    stops.push({ start, end: start + random.between(0.2, 0.9) * microStopMs, word: "stopped", fault: "" });
  }
  const pieces: Piece[] = [];
  let at = from;
  const run = (until: number) => {
    if (until > at) pieces.push({ start: at, end: until, word: "running", fault: "" });
  };
  for (const stop of stops.toSorted((a, b) => a.start - b.start)) {
    const start = Math.round(Math.max(stop.start, at));
    const end = Math.round(Math.min(stop.end, to));
    // What would begin inside another stop did not happen; a second between two keeps them apart.
    if (stop.start < at && pieces.length > 0) continue;
    if (end - start < 1000) continue;
    run(start);
    pieces.push({ ...stop, start, end });
    at = end;
  }
  run(to);
  return pieces;
}

function saidStates({ to }: DayAsked, pieces: readonly Piece[]): HistoryReading[] {
  const said: HistoryReading[] = [];
  let fault = "";
  for (const piece of pieces) {
    for (let at = piece.start; at < Math.min(piece.end, to); at += repeatMs)
      said.push({ at, metric: "State", value: piece.word });
    if (piece.fault !== fault) said.push({ at: piece.start, metric: "Fault", value: piece.fault });
    fault = piece.fault;
  }
  return said;
}

/** Counters once a minute, from 0 in the morning: somebody resets them at the start of the day, which is normal. */
function saidCounts(
  { from, to, machine, cycleMs, scrapShare }: DayAsked,
  pieces: readonly Piece[],
  random: Random,
): HistoryReading[] {
  const said: HistoryReading[] = [
    { at: from, metric: "Cycles", value: 0 },
    { at: from, metric: "Good", value: 0 },
  ];
  if (machine.kind !== "oven") said.push({ at: from, metric: "Scrap", value: 0 });
  const pace = random.between(0.87, 0.97);
  let cycles = 0;
  let scrap = 0;
  let rest = 0;
  let i = 0;
  for (let at = from + minute; at <= to; at += minute) {
    let ran = 0;
    while (i > 0 && (pieces[i]?.start ?? 0) > at - minute) i -= 1;
    for (let j = i; j < pieces.length; j++) {
      const piece = pieces[j];
      if (piece === undefined || piece.start >= at) break;
      if (piece.end <= at - minute) {
        i = j;
        continue;
      }
      if (piece.word === "running") ran += Math.min(piece.end, at) - Math.max(piece.start, at - minute);
    }
    rest += (Math.max(0, ran) / cycleMs) * pace;
    const made = Math.floor(rest);
    rest -= made;
    cycles += made;
    const bad = machine.kind === "oven" ? 0 : random.binomial(made * machine.perCycle, scrapShare);
    scrap += bad;
    // Read before the minute is over: what was made in it belongs to it, and to its shift.
    const read = at - 1;
    said.push(
      { at: read, metric: "Cycles", value: cycles },
      { at: read, metric: "Good", value: cycles * machine.perCycle - scrap },
    );
    if (machine.kind !== "oven") said.push({ at: read, metric: "Scrap", value: scrap });
  }
  return said;
}

/** Process values once a minute: they wander about their level, and fall while the machine stands. */
function saidLevels(
  { from, to, levels }: DayAsked,
  pieces: readonly Piece[],
  random: Random,
): HistoryReading[] {
  const said: HistoryReading[] = [];
  for (const [metric, [mean, spread]] of Object.entries(levels)) {
    let off = random.normal(spread);
    let i = 0;
    for (let at = from; at < to; at += minute) {
      while ((pieces[i]?.end ?? to) <= at && i < pieces.length - 1) i += 1;
      const still = pieces[i]?.word !== "running";
      off = 0.9 * off + 0.4 * random.normal(spread);
      const value = spread === 0 ? mean : mean + off - (still ? 2 * spread : 0);
      said.push({ at, metric, value: Math.round(Math.max(0, value) * 1000) / 1000 });
    }
  }
  return said;
}
