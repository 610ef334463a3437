import type { Db, Tx } from "#db/client.ts";
import { causeRule, detectionRule } from "#db/schema/execution/detection.ts";
import { RuleAction } from "../adjustments/plan.contract.ts";
import type { CauseCondition } from "./cause.rules.ts";
import { DriftParameters, RunOutParameters, SlowdownParameters } from "./parameters.contract.ts";

export interface SeedMachine {
  readonly id: number;
  readonly code: string;
  readonly kind: string;
}

export interface SeedTag {
  readonly id: number;
  readonly machineId: number;
  /** `<device>/<name>` */
  readonly metric: string;
}

export interface SeedPlant {
  readonly machines: readonly SeedMachine[];
  readonly tags: readonly SeedTag[];
  /** How much faster than real the plant runs: every time constant of its physics is divided by it. */
  readonly speed: number;
}

/** The tag of a machine by its metric's name; undefined where the machine has none. */
export function tagFinder(plant: SeedPlant) {
  return (machine: SeedMachine, name: string) =>
    plant.tags.find((t) => t.machineId === machine.id && t.metric.endsWith(`/${name}`))?.id;
}

/** Where the melt makes least scrap, °C, and the ideal cycle of the presses at speed 1, ms. */
const meltC = 230;
const pressCycleMs = 24_000;
const minute = 60_000;

/**
 * The demo's rules and likely causes. A time of the plant's physics is divided by the speed; a time in which a
 * person reads and decides, or a message travels, has a floor.
 */
export async function seedDetection(db: Db | Tx, plant: SeedPlant): Promise<void> {
  const find = tagFinder(plant);
  const scaled = (ms: number, floor = 0) => Math.max(floor, Math.round(ms / plant.speed));
  for (const machine of plant.machines) {
    if (machine.kind === "press") {
      await rule(db, machine, "temperature_drift", find(machine, "MeltTemperature"), {
        parameters: DriftParameters.parse({
          windowMs: scaled(minute),
          holdMs: scaled(minute, 5000),
          baseline: { mean: meltC, sigma: 0.3 },
          sigmaLeast: 0.3,
          effectLeast: 2.5,
          coolDownMs: scaled(10 * minute),
        }),
        action: meltAction(machine, find, scaled),
        authority: 2,
        audience: "operator",
        priority: 2,
      });
    }
    if (machine.kind === "oven") {
      for (const zone of [1, 2, 3]) {
        await rule(db, machine, "temperature_drift", find(machine, `ZoneTemperature${zone}`), {
          parameters: DriftParameters.parse({
            windowMs: scaled(minute),
            holdMs: scaled(minute, 5000),
            sigmaLeast: 0.3,
            effectLeast: 2.5,
            coolDownMs: scaled(10 * minute),
          }),
          audience: "office",
        });
      }
    }
    await rule(db, machine, "slowdown", find(machine, "CycleTime"), {
      parameters: SlowdownParameters.parse({
        // The demo's cycles scatter by less than 1 %; a wide limit keeps false alarms to a few a week.
        k: 0.5,
        h: 10,
        persist: 3,
        baseline: { mean: 0, sigma: 0.02 },
        effectLeast: 0.04,
        coolDownMs: scaled(10 * minute),
      }),
      audience: "by_cause",
    });
    await rule(db, machine, "run_out", find(machine, "Material"), {
      parameters: RunOutParameters.parse({
        leadMs: scaled(30 * minute),
        rateMs: scaled(15 * minute),
        persist: 3,
        coolDownMs: scaled(10 * minute),
      }),
      audience: "by_cause",
    });
    await causes(db, machine, find);
  }
}

type Values = Partial<typeof detectionRule.$inferInsert> & { readonly parameters: object };

async function rule(
  db: Db | Tx,
  machine: SeedMachine,
  kind: "slowdown" | "temperature_drift" | "run_out",
  tagId: number | undefined,
  values: Values,
): Promise<void> {
  if (tagId === undefined) return;
  await db
    .insert(detectionRule)
    .values({ kind, machineId: machine.id, tagId, ...values })
    .onConflictDoNothing();
}

/** A melt that runs hot or cold: the set-point moves the other way, and scrap says whether it helped. */
function meltAction(
  machine: SeedMachine,
  find: ReturnType<typeof tagFinder>,
  scaled: (ms: number, floor?: number) => number,
): RuleAction | null {
  const [target, melt, state, good, scrap, cycle] = [
    "MeltSetpoint",
    "MeltTemperature",
    "State",
    "Good",
    "Scrap",
    "CycleTime",
  ].map((name) => find(machine, name));
  if (target === undefined || melt === undefined || state === undefined) return null;
  if (good === undefined || scrap === undefined || cycle === undefined) return null;
  const cycleMs = scaled(pressCycleMs);
  return RuleAction.parse({
    targetTagId: target,
    slope: 1,
    gain: 0.8,
    target: meltC,
    stepLeast: 2,
    steadyWithin: 1,
    waitMs: scaled(10 * minute),
    proposalMs: scaled(60 * minute, 10 * minute),
    coolDownMs: scaled(10 * minute),
    plan: {
      t1Ms: scaled(30_000, 5000),
      t2Ms: scaled(6 * minute),
      t3Ms: scaled(30 * minute),
      settleMs: scaled(5 * minute),
      beforeMs: scaled(20 * minute),
      blockMs: scaled(2 * minute),
      approvalMs: scaled(30 * minute, 5 * minute),
      process: { tagId: melt, slope: 1, noise: 1 },
      kpi: { name: "scrap_ratio", goodTagId: good, scrapTagId: scrap, effectLeast: 0.02, effect: 0.1 },
      guards: [{ name: "cycle_time", tagId: cycle, effectLeast: 0.02 * cycleMs, effect: 0.05 * cycleMs }],
      permissives: [{ tagId: state, op: "=", value: "running" }],
      inputs: [melt],
    },
  });
}

interface CauseSeed {
  readonly kind: "slowdown" | "temperature_drift" | "run_out";
  readonly code: string;
  readonly rank: number;
  readonly direction?: "up" | "down";
  readonly conditions: readonly CauseCondition[];
  readonly instruction: string;
  /** Right so many of so many times, in the demo's past. */
  readonly record: readonly [number, number];
}

const pressCauses: readonly CauseSeed[] = [
  {
    kind: "temperature_drift",
    code: "cooling_clogged",
    rank: 1,
    direction: "up",
    conditions: [{ metric: "CoolingFlow", op: "<", limit: 9 }],
    instruction: "clear-cooling",
    record: [7, 9],
  },
  {
    kind: "slowdown",
    code: "hydraulics_tired",
    rank: 1,
    conditions: [{ metric: "CycleSpeed", op: "<", limit: 95 }],
    instruction: "find-slowdown",
    record: [3, 5],
  },
  {
    kind: "run_out",
    code: "loader_missed",
    rank: 9,
    conditions: [],
    instruction: "refill-granulate",
    record: [11, 12],
  },
];

const packerCauses: readonly CauseSeed[] = [
  {
    kind: "slowdown",
    code: "infeed_worn",
    rank: 9,
    conditions: [],
    instruction: "find-slowdown",
    record: [2, 4],
  },
  {
    kind: "run_out",
    code: "reel_low",
    rank: 9,
    conditions: [],
    instruction: "change-film",
    record: [14, 14],
  },
];

async function causes(db: Db | Tx, machine: SeedMachine, find: ReturnType<typeof tagFinder>): Promise<void> {
  const list = machine.kind === "press" ? pressCauses : machine.kind === "packer" ? packerCauses : [];
  for (const {
    instruction: instructionCode,
    record: [wasRight, judged],
    ...seed
  } of list) {
    if (seed.conditions.some(({ metric }) => find(machine, metric) === undefined)) continue;
    await db
      .insert(causeRule)
      .values({
        ...seed,
        machineId: machine.id,
        conditions: [...seed.conditions],
        instructionCode,
        wasRight,
        judged,
      })
      .onConflictDoNothing();
  }
}
