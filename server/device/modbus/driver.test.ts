import { afterEach, expect, test } from "vitest";
import { driverContract, type MachineSide, type Rig } from "../driver-contract.ts";
import { driverFor, type Registers, started, stopAll, TestDevice, values, word } from "./testing.ts";

const machineRegisters: Registers = [
  { metric: "m/Number", table: "input", address: 0, type: "float32" },
  { metric: "m/Count", table: "input", address: 2, type: "int64", wordOrder: "little" },
  { metric: "m/Flag", table: "discrete", address: 7, type: "bool" },
  { metric: "m/Set", table: "holding", address: 100, type: "float32", writable: true },
];

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes;
}

class RegisterSide implements MachineSide {
  readonly written: { metric: string; value: unknown }[] = [];
  readonly device: TestDevice;

  constructor(device: TestDevice) {
    this.device = device;
    device.set("input", 0, Buffer.alloc(12));
    device.set("holding", 100, Buffer.alloc(4));
    device.discrete.set(7, true);
    device.onWrite = () => {
      const pdu = device.writes.at(-1);
      const value = pdu?.[0] === 16 && pdu.readUInt16BE(1) === 100 ? pdu.readFloatBE(6) : pdu;
      this.written.push({ metric: "m/Set", value });
    };
  }

  async come(): Promise<void> {
    if (!this.device.isUp) await this.device.up();
  }

  say(metric: string, _at: number, value: number | string | boolean | null | bigint): void {
    if (metric === "m/Number") this.device.set("input", 0, float(Number(value)));
    if (metric === "m/Set") this.device.set("holding", 100, float(Number(value)));
    if (metric === "m/Flag") this.device.discrete.set(7, value === true);
    if (metric === "m/Count") {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(BigInt(String(value)));
      // The low word first: the other way round than it comes out of the buffer.
      for (let word = 0; word < 4; word++) this.device.input.set(5 - word, bytes.readUInt16BE(word * 2));
    }
  }

  go(): Promise<void> {
    return this.device.down();
  }

  talkNonsense(): Promise<void> {
    this.device.twist = () => {
      this.device.twist = null;
      return Buffer.from("hello, machine");
    };
    return Promise.resolve();
  }
}

async function rig(): Promise<Rig> {
  const device = new TestDevice();
  await device.up();
  const machine = new RegisterSide(device);
  const driver = driverFor(device, machineRegisters);
  await device.down();
  return {
    driver,
    machine,
    restartMiddle: () => {
      device.cut();
      return Promise.resolve();
    },
    close: () => device.down(),
  };
}

driverContract("Modbus", rig, { values: "polled", texts: false, nothing: false, units: false });

afterEach(stopAll);

test("registers side by side come in one request, and the others in their own", async () => {
  const { device, sink } = await started([word("a", 10), word("b", 11), word("c", 20)], ({ holding }) =>
    [10, 11, 20].forEach((address) => holding.set(address, address)),
  );
  await sink.until(() => values(sink, "c").includes(20));
  expect(device.requests.slice(0, 2)).toEqual([
    { fc: 3, start: 10, count: 2 },
    { fc: 3, start: 20, count: 1 },
  ]);
});

test("an address the device does not have is bad, said once, and the registers beside it go on", async () => {
  const names = Array.from({ length: 8 }, (_, i) => `m${i}`);
  const { device, driver, sink } = await started(
    names.map((name, i) => word(name, i)),
    ({ holding }) => names.forEach((_, i) => i !== 5 && holding.set(i, 1)),
  );
  await sink.until(() => names.every((name) => sink.stored.some(({ metric }) => metric === name)));
  device.holding.set(4, 2);
  device.holding.set(6, 2);
  await sink.until(() => values(sink, "m4").includes(2) && values(sink, "m6").includes(2));
  expect(sink.stored.filter(({ quality }) => quality !== 0)).toEqual([
    { metric: "m5", sourceTime: expect.any(Number), value: null, quality: 2 },
  ]);
  const unreadable = sink.events.filter(({ kind }) => kind === "unreadable");
  expect(unreadable).toMatchObject([{ reason: "m5 (holding 5): exception 2 (illegal data address)" }]);
  expect(driver.health().connected).toBe(true);

  // Once the machine builder adds the register, it is read without a new start.
  device.holding.set(5, 7);
  await sink.until(() => values(sink, "m5").includes(7));
});

test("a device that refuses everything is asked in whole requests again, not address by address for ever", async () => {
  const { device, sink } = await started([word("a", 0), word("b", 1)], () => {});
  await sink.until(() => sink.events.filter(({ kind }) => kind === "unreadable").length === 2);
  const before = device.requests.length;
  await expect.poll(() => device.requests.length, { interval: 5 }).toBeGreaterThan(before + 6);
  expect(device.requests.filter(({ count }) => count === 2).length).toBeGreaterThan(1);
});

test("a slow device has one request open at a time, however many groups wait for it", async () => {
  const group = (name: string, address: number) => ({ pollMs: 10, registers: [word(name, address)] });
  const { device, sink } = await started(
    [],
    (it) => {
      it.slowMs = 25;
      for (const address of [0, 10, 20]) it.holding.set(address, 1);
    },
    { groups: [group("a", 0), group("b", 10), group("c", 20)] },
  );
  await sink.until(() => ["a", "b", "c"].every((name) => values(sink, name).includes(1)));
  await expect.poll(() => device.requests.length, { interval: 5 }).toBeGreaterThan(9);
  expect(device.mostOpen).toBe(1);
  const starts = device.requests.slice(0, 9).map(({ start }) => start);
  expect(new Set(starts.slice(6)).size, "no group starves the others").toBe(3);
});

test("a device that falls silent dies, with a gap for the time until it answers again", async () => {
  const { device, driver, sink } = await started([word("a", 0)], ({ holding }) => holding.set(0, 1));
  await sink.until(() => values(sink, "a").includes(1));
  const last = sink.said("a").at(-1)?.[0] ?? 0;
  device.twist = () => null;
  await sink.until(() => sink.events.some(({ kind }) => kind === "death"));
  expect(sink.events.at(-1)).toMatchObject({ reason: "the device did not answer within 300 ms" });
  expect(driver.health().connected).toBe(false);
  expect(sink.stored.at(-1)).toMatchObject({ metric: "a", value: 1, quality: 3 });
  device.twist = null;
  await sink.until(() => sink.events.filter(({ kind }) => kind === "birth").length === 2);
  const gap = sink.events.filter(({ kind }) => kind === "gap").at(-1);
  expect(gap).toMatchObject({ from: expect.any(Number), to: expect.any(Number) });
  if (gap?.kind === "gap") {
    expect(gap.from).toBeGreaterThanOrEqual(last);
    expect((gap.to ?? 0) - (gap.from ?? 0)).toBeGreaterThanOrEqual(290);
  }
});

test("a run contact says running and stopped, a pulse contact counts, both without their bounces", async () => {
  const contact = (metric: string, address: number, kind: "run" | "pulse"): Registers[number] => ({
    metric,
    table: "discrete",
    address,
    type: "bool",
    contact: { kind, debounceMs: 40 },
  });
  const { device, sink } = await started(
    [contact("state", 0, "run"), contact("pieces", 1, "pulse")],
    (it) => {
      it.discrete.set(0, false);
      it.discrete.set(1, false);
    },
  );
  await sink.until(() => values(sink, "state").includes("stopped") && values(sink, "pieces").includes(0));
  const seen = device.requests.length;
  device.discrete.set(0, true);
  device.discrete.set(1, true);
  // Seen by at least one look and open again before the debounce time is over.
  await expect.poll(() => device.requests.length, { interval: 1 }).toBeGreaterThan(seen);
  device.discrete.set(1, false);
  await sink.until(() => values(sink, "state").includes("running"));
  for (const pieces of [1, 2]) {
    device.discrete.set(1, true);
    await sink.until(() => values(sink, "pieces").includes(pieces));
    const looked = device.requests.length;
    device.discrete.set(1, false);
    await expect.poll(() => device.requests.length, { interval: 1 }).toBeGreaterThan(looked + 10);
  }
  expect(values(sink, "pieces")).toEqual([0, 1, 2]);
  expect(values(sink, "state")).toEqual(["stopped", "running"]);
});

test("a value that stays is passed on once, and again after the repeat time", async () => {
  const { device, sink } = await started([], ({ holding }) => holding.set(0, 1), {
    groups: [{ pollMs: 10, repeatMs: 60, registers: [word("a", 0)] }],
  });
  await sink.until(() => values(sink, "a").length === 3);
  expect(device.requests.length).toBeGreaterThan(6);
  const [first = 0, second = 0] = sink.said("a").map(([time]) => time);
  expect(second - first).toBeGreaterThanOrEqual(55);
});

test("a busy device makes the whole request bad and is not asked in parts", async () => {
  const { device, sink } = await started([word("a", 0), word("b", 1)], ({ holding }) => {
    holding.set(0, 1);
    holding.set(1, 1);
  });
  await sink.until(() => values(sink, "b").includes(1));
  device.twist = (answer) => {
    answer.writeUInt16BE(3, 4);
    answer.writeUInt8(0x83, 7);
    answer.writeUInt8(6, 8);
    return answer.subarray(0, 9);
  };
  await sink.until(() => sink.stored.filter(({ quality }) => quality === 2).length === 2);
  device.twist = null;
  await sink.until(() => values(sink, "b").length === 2);
  expect(device.requests.every(({ count }) => count === 2)).toBe(true);
  const unreadable = sink.events.filter(({ kind }) => kind === "unreadable");
  expect(unreadable).toMatchObject([{ reason: "a and 1 more (holding 0): exception 6 (device busy)" }]);
});

test("a sensor that says not-a-number has no value and bad quality", async () => {
  const { sink } = await started([word("t", 0, { type: "float32" })], (it) => {
    it.set("holding", 0, Buffer.from([0x7f, 0xc0, 0, 0]));
  });
  await sink.until(() => sink.stored.length > 0);
  expect(sink.stored).toEqual([{ metric: "t", sourceTime: expect.any(Number), value: null, quality: 2 }]);
});

test("a piece during a broken connection is not guessed, and those before it are not lost", async () => {
  const pieces: Registers[number] = {
    metric: "pieces",
    table: "discrete",
    address: 0,
    type: "bool",
    contact: { kind: "pulse", debounceMs: 0 },
  };
  const { device, sink } = await started([pieces], ({ discrete }) => discrete.set(0, false));
  await sink.until(() => values(sink, "pieces").includes(0));
  device.discrete.set(0, true);
  await sink.until(() => values(sink, "pieces").includes(1));
  device.discrete.set(0, false);
  const seen = device.requests.length;
  await expect.poll(() => device.requests.length, { interval: 1 }).toBeGreaterThan(seen + 1);
  await device.down();
  await sink.until(() => sink.events.some(({ kind }) => kind === "death"));
  device.discrete.set(0, true);
  await device.up();
  await sink.until(() => values(sink, "pieces").length === 3);
  expect(values(sink, "pieces")).toEqual([0, 1, 1]);
});

test("a piece while the contact cannot be read is not guessed", async () => {
  const { device, sink } = await started(
    [
      {
        metric: "pieces",
        table: "discrete",
        address: 0,
        type: "bool",
        contact: { kind: "pulse", debounceMs: 0 },
      },
    ],
    ({ discrete }) => discrete.set(0, false),
  );
  await sink.until(() => values(sink, "pieces").includes(0));
  device.discrete.delete(0);
  await sink.until(() => sink.stored.at(-1)?.quality === 2);
  device.discrete.set(0, true);
  await sink.until(() => values(sink, "pieces").length === 2);
  expect(values(sink, "pieces")).toEqual([0, 0]);
});

test("a value the edge could not store is passed on again, although it is still the same", async () => {
  const { driver, sink } = await started([word("a", 0)], ({ holding }) => holding.set(0, 1));
  sink.full = true;
  await expect.poll(() => driver.health().errors, { interval: 5 }).toBeGreaterThan(0);
  expect(sink.stored).toEqual([]);
  sink.full = false;
  await sink.until(() => values(sink, "a").includes(1));
});
