import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import type { WriteResult } from "#server/device/driver.contract.ts";
import type { Value } from "./reflexes.rules.ts";
import { type ActuatorSetting, anActuation, openActuator } from "./testing/actuators.ts";
import { tempFolder } from "./testing/queues.ts";

function folder(): string {
  const location = tempFolder("actuations");
  onTestFinished(() => rmSync(location, { recursive: true, force: true }));
  return join(location, "actuations");
}

/** A machine that does what it is told, and a record of it. */
function obedient(): { written: Value[]; write: (tagId: number, value: Value) => Promise<WriteResult> } {
  const written: Value[] = [];
  return {
    written,
    write: (_tagId, value) => {
      written.push(value);
      return Promise.resolve({ result: "accepted" });
    },
  };
}

async function opened(setting: Partial<ActuatorSetting> = {}) {
  const { written, write } = obedient();
  const all = await openActuator({ location: folder(), write, ...setting });
  onTestFinished(() => all.store.close());
  return { ...all, written };
}

describe("an actuation at the edge", { timeout: 60_000 }, () => {
  it("is written once, and a repeat is answered with the stored answer", async () => {
    const { actuator, machine, written, told } = await opened();
    machine.says(230);
    const actuation = anActuation();
    const answers = await Promise.all([actuator.handle(actuation), actuator.handle(actuation)]);
    machine.says(226);
    const again = await actuator.handle(actuation);
    expect(answers[0]).toMatchObject({ id: actuation.id, result: "accepted", reason: null, readBack: 230 });
    expect([answers[1], again]).toEqual([answers[0], answers[0]]);
    expect(written).toEqual([226]);
    expect(told).toHaveLength(1);
  });

  it("is answered from the disk after a restart too, and its counter is used up", async () => {
    const { actuator, machine, store, written } = await opened();
    machine.says(230);
    const actuation = anActuation();
    const first = await actuator.handle(actuation);
    await store.close();
    const again = await opened({ location: store.location });
    again.machine.says(226);
    expect(await again.actuator.handle(actuation)).toEqual(first);
    const replayed = anActuation({ counter: actuation.counter, expected: 226, value: 224 });
    expect(await again.actuator.handle(replayed)).toMatchObject({ result: "refused", reason: "conflict" });
    expect([...written, ...again.written]).toEqual([226]);
  });

  it("waits for its turn between two writes of a tag, across restarts and a clock that goes back", async () => {
    const clock = new ManualClock(1_790_000_000_000);
    const { actuator, machine, store } = await opened({ clock });
    machine.says(230);
    expect(await actuator.handle(anActuation({}, clock.now()))).toMatchObject({ result: "accepted" });
    await store.close();
    const again = await opened({ location: store.location, clock });
    const next = async () => {
      again.machine.says(226);
      return again.actuator.handle(anActuation({ expected: 226, value: 224 }, clock.now()));
    };
    clock.advance(59_000);
    expect(await next()).toMatchObject({ reason: "rate_too_high" });
    clock.jumpTo(1_789_999_000_000);
    expect(await next()).toMatchObject({ reason: "rate_too_high" });
    clock.jumpTo(1_790_000_060_000);
    expect(await next()).toMatchObject({ result: "accepted" });
  });

  it("is refused while the guard is open, and that refusal is its answer for ever", async () => {
    const { actuator, machine, written } = await opened();
    machine.says(230, true);
    const actuation = anActuation();
    expect(await actuator.handle(actuation)).toMatchObject({ result: "refused", reason: "guard_open" });
    machine.says(230, false);
    expect(await actuator.handle(actuation)).toMatchObject({ result: "refused", reason: "guard_open" });
    expect(written).toEqual([]);
  });

  it("does not overtake another one of the same machine", async () => {
    let reach: (finish: (result: WriteResult) => void) => void = () => undefined;
    const reached = new Promise<(result: WriteResult) => void>((resolve) => (reach = resolve));
    const { actuator, machine, store } = await opened({
      write: () => new Promise<WriteResult>((finish) => reach(finish)),
    });
    machine.says(230);
    // The disk is slower about the first than about the second.
    const get = store.get.bind(store);
    let asked = 0;
    store.get = async (id) => {
      const found = await get(id);
      if (++asked === 1) for (let i = 0; i < 5; i++) await get(id);
      return found;
    };
    const first = actuator.handle(anActuation());
    const second = await actuator.handle(anActuation());
    expect(second).toMatchObject({ result: "refused", reason: "other_change_outstanding" });
    (await reached)({ result: "accepted" });
    expect(await first).toMatchObject({ result: "accepted" });
  });

  it("is asked once more at the last moment: what came while the disk wrote holds it back", async () => {
    const clock = new ManualClock(1_790_000_000_000);
    const meanwhile: Record<
      string,
      (machine: { says(setpoint: number, guardOpen?: boolean): void }) => void
    > = {
      guard_open: (machine) => machine.says(230, true),
      setpoint_moved: (machine) => machine.says(228),
      expired: () => clock.advance(30_001),
    };
    for (const [reason, happens] of Object.entries(meanwhile)) {
      const { actuator, machine, store, written } = await opened({ clock });
      machine.says(230);
      const intend = store.intend.bind(store);
      store.intend = async (entry, now) => {
        await intend(entry, now);
        happens(machine);
      };
      const answer = await actuator.handle(anActuation({}, clock.now()));
      expect(answer).toMatchObject({ result: "refused", reason });
      expect(written).toEqual([]);
    }
  });

  it("whose answer the disk did not take is answered with it all the same, as long as the edge lives", async () => {
    const { actuator, machine, store, written } = await opened();
    machine.says(230);
    store.answer = () => Promise.reject(new Error("no space left on device"));
    const actuation = anActuation();
    const first = await actuator.handle(actuation);
    expect(first).toMatchObject({ result: "accepted" });
    expect(await actuator.handle(actuation)).toEqual(first);
    expect(written).toEqual([226]);
  });

  it("is unknown when the transport does not know, and is not repeated", async () => {
    const { actuator, machine, written } = await opened({
      write: () => Promise.reject(new Error("the line broke")),
    });
    machine.says(230);
    const actuation = anActuation();
    const answer = await actuator.handle(actuation);
    expect(answer).toMatchObject({ result: "unknown", readBack: 230 });
    expect(await actuator.handle(actuation)).toEqual(answer);
    expect(written).toEqual([]);
  });

  it("that cannot be read is refused by its id, or not answered at all", async () => {
    const { actuator } = await opened();
    const id = crypto.randomUUID();
    expect(await actuator.handle({ ...anActuation(), id, value: Number.NaN })).toMatchObject({
      id,
      result: "refused",
      reason: "invalid",
    });
    expect(actuator.handle({ hello: 1 })).toBeNull();
    expect(actuator.handle(null)).toBeNull();
  });

  it("killed between intent and answer is unknown with a read-back, and never written again", async () => {
    const location = folder();
    const actuation = anActuation();
    const program = join(import.meta.dirname, "testing/actuator-process.ts");
    const child = spawn(process.execPath, ["--import", "tsx", program, location, JSON.stringify(actuation)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    expect(line).toBe("writing 12 226");
    child.kill("SIGKILL");
    await once(child, "close");

    const { actuator, machine, written, told } = await opened({ location });
    machine.says(226);
    await actuator.settle();
    const unknown = { id: actuation.id, result: "unknown", reason: "edge_restarted", readBack: 226 };
    expect(told.map((t) => t.answer)).toMatchObject([unknown]);
    expect(await actuator.handle(actuation)).toMatchObject(unknown);
    expect(written).toEqual([]);
    expect(told).toHaveLength(1);
  });

  it("left over by a killed edge and asked for again while it is settled is answered and told once", async () => {
    const location = folder();
    const actuation = anActuation();
    const before = await openActuator({ location, write: obedient().write });
    await before.store.intend({ actuation, receivedAt: Date.parse("2026-11-24"), answer: null }, 0);
    await before.store.close();

    // The machine says nothing yet: settling waits for a value to read back, and a repeat does not.
    const { actuator, machine, told, written } = await opened({ location });
    const settling = actuator.settle();
    const answer = await actuator.handle(actuation);
    machine.says(226);
    await settling;
    expect(told).toMatchObject([{ answer: { id: actuation.id, result: "unknown" } }]);
    expect(await actuator.handle(actuation)).toEqual(answer);
    expect(written).toEqual([]);
  });
});
