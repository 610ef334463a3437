import { assert, double, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { partsPerPack, plantMachines } from "../layout.ts";
import { clogHeatC, optimum, Press, scrapProbability } from "./press.ts";
import { Oven } from "./oven.ts";
import { Packer } from "./packer.ts";
import { gridMs, Plant, type Sample } from "./plant.ts";

const startAt = 1_764_000_000_000;
const speed = 20;

function plant(seed = 1): Plant {
  return new Plant({ seed, speed, startAt });
}

/** Runs the plant for so many minutes of its own time. */
function run(plant: Plant, minutes: number): Sample[] {
  const until = plant.at + (minutes * 60_000) / speed;
  const samples: Sample[] = [];
  while (plant.at + gridMs <= until) samples.push(...plant.advanceTo(plant.at + 1000));
  return samples;
}

function press(plant: Plant, code = "press-2"): Press {
  const machine = plant.machines.get(code);
  if (!(machine instanceof Press)) throw new Error(`${code} is no press`);
  return machine;
}

/** Share of scrap a machine makes during so many minutes of the plant's time. */
function scrapShare(plant: Plant, minutes: number, code = "press-2"): number {
  const machine = press(plant, code);
  const before = { good: machine.good, scrap: machine.scrap };
  run(plant, minutes);
  const scrap = machine.scrap - before.scrap;
  return scrap / (scrap + machine.good - before.good);
}

const last = (samples: Sample[], machine: string, name: string) =>
  samples.findLast((s) => s.machine === machine && s.metric.name === name)?.value;

describe("the bowl of scrap", () => {
  test("is least at the optimum, whatever the wear", () => {
    const temperature = double({ min: 180, max: 280, noNaN: true });
    const cycleSpeed = double({ min: 50, max: 130, noNaN: true });
    const wear = double({ min: 0, max: 1, noNaN: true });
    assert(
      property(temperature, cycleSpeed, wear, (t, s, w) => {
        const best = scrapProbability(optimum.meltC, optimum.speedPct, w);
        return scrapProbability(t, s, w) >= best - 1e-12;
      }),
      { numRuns: 500 },
    );
  });

  test("has its optimum inside the limits of adjustments and a hotter one for a faster cycle", () => {
    expect(optimum.meltC).toBeGreaterThan(200);
    expect(optimum.meltC).toBeLessThan(260);
    expect(scrapProbability(235, 112, 0)).toBeLessThan(scrapProbability(225, 112, 0));
  });
});

describe("faults", () => {
  test("a clog lowers the flow, warms mould and melt and raises scrap; a lower set-point restores it", () => {
    const it = plant();
    const healthy = scrapShare(it, 60);
    expect(healthy).toBeLessThan(0.04);
    it.startFault("press-2", "cooling-clog");
    const samples = run(it, 30);
    expect(last(samples, "press-2", "CoolingFlow")).toBeLessThan(6);
    expect(last(samples, "press-2", "MouldTemperature")).toBeGreaterThan(70);
    expect(press(it).trueMeltC).toBeCloseTo(optimum.meltC + clogHeatC, 0);
    const clogged = scrapShare(it, 60);
    expect(clogged).toBeGreaterThan(0.12);
    expect(it.write("press-2", "MeltSetpoint", optimum.meltC - clogHeatC)).toBeNull();
    run(it, 10);
    expect(press(it).trueMeltC).toBeCloseTo(optimum.meltC, 0);
    expect(scrapShare(it, 60)).toBeLessThan(clogged / 3);
  });

  test("the melt follows its set-point with a lag, not at once", () => {
    const it = plant();
    it.write("press-2", "MeltSetpoint", 220);
    run(it, 1);
    expect(press(it).trueMeltC).toBeGreaterThan(223);
    run(it, 9);
    expect(press(it).trueMeltC).toBeCloseTo(220, 0);
  });

  test("a drifting sensor reads too high while the melt is right, and lowering the set-point makes scrap", () => {
    const it = plant();
    it.startFault("press-2", "sensor-drift");
    const samples = run(it, 15);
    expect(last(samples, "press-2", "MeltTemperature")).toBeGreaterThan(240);
    expect(press(it).trueMeltC).toBeCloseTo(optimum.meltC, 0);
    const before = scrapShare(it, 60);
    it.write("press-2", "MeltSetpoint", 218);
    run(it, 10);
    expect(scrapShare(it, 60)).toBeGreaterThan(before + 0.05);
  });

  test("a worn tool makes scrap that no set-point takes away, and a new tool does", () => {
    const it = plant();
    it.startFault("press-2", "tool-wear");
    run(it, 40);
    expect(press(it).scrapProbability).toBeGreaterThan(0.12);
    it.write("press-2", "MeltSetpoint", 222);
    run(it, 10);
    expect(press(it).scrapProbability).toBeGreaterThan(0.12);
    it.clear("press-2");
    it.write("press-2", "MeltSetpoint", 230);
    run(it, 10);
    expect(press(it).scrapProbability).toBeLessThan(0.02);
  });

  test("a tired machine takes about 18 % longer for a cycle", () => {
    const it = plant();
    it.startFault("press-1", "slow-cycle");
    const times = run(it, 30).filter((s) => s.machine === "press-1" && s.metric.name === "CycleTime");
    const tail = times.slice(-20).map((s) => Number(s.value));
    const mean = tail.reduce((sum, ms) => sum + ms, 0) / tail.length;
    expect(mean / (24_000 / speed)).toBeCloseTo(1.18, 1);
  });

  test("material runs out, the press starves, and a full hopper starts it again", () => {
    const it = plant();
    it.startFault("press-3", "material-low");
    const samples = run(it, 30);
    expect(last(samples, "press-3", "Material")).toBe(0);
    expect(last(samples, "press-3", "State")).toBe("starved");
    it.clear("press-3");
    expect(last(run(it, 2), "press-3", "State")).toBe("running");
  });

  test("an open guard stops the machine at once and makes it refuse writes; the cycle in work is lost", () => {
    const it = plant();
    run(it, 5);
    const before = press(it).cycles;
    it.startFault("press-2", "guard-open");
    const samples = run(it, 5);
    expect(samples.find((s) => s.machine === "press-2" && s.metric.name === "GuardOpen")?.value).toBe(true);
    expect(last(samples, "press-2", "State")).toBe("stopped");
    expect(press(it).cycles).toBe(before);
    expect(it.write("press-2", "MeltSetpoint", 225)).toBe("the guard is open");
  });

  test("a machine in local mode ignores set-points, and one outside its own limits is ignored always", () => {
    const it = plant();
    expect(it.write("press-1", "MeltSetpoint", 271)).toMatch(/own limits/);
    expect(it.write("press-1", "MeltSetpoint", Number.NaN)).toMatch(/not a number/);
    expect(it.write("press-1", "Good", 5)).toBe("not a set-point");
    it.startFault("press-1", "local-mode");
    expect(it.write("press-1", "MeltSetpoint", 225)).toBe("the machine is in local mode");
  });

  test("a stuck heater passes 260 °C; a controlled stop cools it, and without one the machine trips itself", () => {
    const asked = plant();
    asked.startFault("press-2", "over-temperature");
    while (press(asked).trueMeltC < 262) run(asked, 0.1);
    expect(press(asked).faultCode).toBe("");
    expect(asked.write("press-2", "StopRequest", true)).toBeNull();
    const samples = run(asked, 15);
    expect(last(samples, "press-2", "State")).toBe("stopped");
    expect(press(asked).trueMeltC).toBeLessThan(240);

    const alone = plant();
    alone.startFault("press-2", "over-temperature");
    expect(last(run(alone, 15), "press-2", "Fault")).toBe("E201");
  });

  test("a stop request ends the cycle first, and only the panel starts the machine again", () => {
    const it = plant();
    run(it, 1);
    it.write("press-1", "StopRequest", true);
    expect(press(it, "press-1").state).toBe("running");
    run(it, 1);
    expect(press(it, "press-1").state).toBe("stopped");
    it.write("press-1", "StopRequest", false);
    run(it, 1);
    expect(press(it, "press-1").state).toBe("stopped");
    it.machines.get("press-1")?.panel("running");
    run(it, 1);
    expect(press(it, "press-1").state).toBe("running");
  });

  test("a jam in the packer backs the parts up until oven and presses are blocked", () => {
    const it = plant();
    it.startFault("packer-1", "jam");
    const samples = run(it, 40);
    expect(last(samples, "packer-1", "Fault")).toBe("E310");
    expect(last(samples, "oven-1", "State")).toBe("blocked");
    expect(last(samples, "press-1", "State")).toBe("blocked");
    it.clear();
    expect(last(run(it, 10), "press-1", "State")).toBe("running");
  });

  test("presses that stand starve oven and packer", () => {
    const it = plant();
    for (const { code, kind } of plantMachines) {
      if (kind === "press") it.machines.get(code)?.panel("idle");
    }
    const samples = run(it, 30);
    expect(last(samples, "press-1", "State")).toBe("idle");
    expect(last(samples, "oven-1", "State")).toBe("starved");
    expect(last(samples, "packer-1", "State")).toBe("starved");
  });

  test("counters fall to zero once and count on", () => {
    const it = plant();
    run(it, 20);
    it.startFault("press-1", "counter-reset");
    expect(press(it, "press-1").good).toBe(0);
    run(it, 20);
    expect(press(it, "press-1").good).toBeGreaterThan(300);
  });
});

test("no part is made or lost between the presses and the packs", () => {
  const it = plant(7);
  const oven = it.machines.get("oven-1");
  const packer = it.machines.get("packer-1");
  if (!(oven instanceof Oven) || !(packer instanceof Packer)) throw new Error("the plant has another layout");
  const inside = () => oven.positions.reduce((sum, parts) => sum + parts, 0);
  const before = it.beforeOven.level + inside() + it.beforePacker.level + packer.inWork;
  for (const [minute, code] of ["press-1", "oven-1", "packer-1", "press-3"].entries()) {
    run(it, 30 + minute);
    it.startFault(code, "guard-open");
    run(it, 7);
    it.clear(code);
  }
  run(it, 240);
  const made = ["press-1", "press-2", "press-3", "press-4"].reduce(
    (sum, code) => sum + press(it, code).good,
    0,
  );
  const packed = (packer.good + packer.scrap) * partsPerPack;
  expect(packed).toBeGreaterThan(5000);
  expect(it.beforeOven.level + inside() + it.beforePacker.level + packer.inWork).toBe(before + made - packed);
});

test("the same seed gives the same plant, whatever steps time comes in; another seed gives another", () => {
  const whole = run(plant(3), 60);
  const stutter = plant(3);
  const pieces: Sample[] = [];
  for (let at = startAt; at < startAt + (60 * 60_000) / speed; at += 130)
    pieces.push(...stutter.advanceTo(at));
  pieces.push(...stutter.advanceTo(startAt + (60 * 60_000) / speed));
  const text = (samples: Sample[]) => samples.map((s) => `${s.at} ${s.machine}/${s.metric.name} ${s.value}`);
  expect(text(pieces)).toEqual(text(whole));
  expect(text(run(plant(4), 60))).not.toEqual(text(whole));
});

test("what a machine says comes in the order of its times, at the promised rates", () => {
  const samples = run(plant(), 60);
  for (const { code } of plantMachines) {
    const own = samples.filter((s) => s.machine === code);
    const times = own.map((s) => s.at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const names = new Map(own.map((s) => [s.metric.name, s.metric]));
    for (const metric of names.values()) {
      if (metric.name === "CycleTime") continue;
      const at = own.filter((s) => s.metric === metric).map((s) => s.at);
      const silence = Math.max(...at.slice(1).map((t, i) => t - (at[i] ?? 0)));
      expect(silence, `${code}/${metric.name}`).toBeLessThanOrEqual(metric.expectedMs);
    }
  }
});

test("a good cycle is said once, with its length in real ms at its own end", () => {
  const samples = run(plant(), 30).filter((s) => s.machine === "press-4" && s.metric.name === "CycleTime");
  expect(samples.length).toBeGreaterThan(60);
  for (const [i, sample] of samples.entries()) {
    const before = samples[i - 1];
    if (before !== undefined) expect(sample.at - before.at).toBeGreaterThanOrEqual(Number(sample.value) - 1);
    expect(Number(sample.value)).toBeGreaterThan(1100);
    expect(Number(sample.value)).toBeLessThan(1300);
  }
});

test("after a long sleep of its process the plant goes on from now instead of racing through the night", () => {
  const it = plant();
  run(it, 5);
  const cycles = press(it).cycles;
  it.advanceTo(it.at + 3_600_000);
  expect(press(it).cycles - cycles).toBeLessThan(2);
  expect(it.at).toBe(startAt + (5 * 60_000) / speed + 3_600_000);
});
