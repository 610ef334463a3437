import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { RecordingSink } from "../driver-contract.ts";
import type { Driver } from "../driver.contract.ts";
import { createModbusDriver } from "./driver.ts";
import type { ModbusConfigInput } from "./modbus.contract.ts";

/** What a test makes of an answer before it is sent; null = it is not sent at all. */
type Twist = (answer: Buffer, request: Buffer) => Buffer | null;

/**
 * A Modbus TCP device for tests, written from the specification and not with the library that the driver uses. Only
 * addresses that were set exist; the others are answered with exception 2.
 */
export class TestDevice {
  readonly coil = new Map<number, boolean>();
  readonly discrete = new Map<number, boolean>();
  readonly input = new Map<number, number>();
  readonly holding = new Map<number, number>();
  /** Every request it heard: function, address, and how many. */
  readonly requests: { readonly fc: number; readonly start: number; readonly count: number }[] = [];
  /** Whole PDUs of the writes it heard. */
  readonly writes: Buffer[] = [];
  /** Most requests that were ever open at once. */
  mostOpen = 0;
  twist: Twist | null = null;
  /** How long it thinks about each answer, ms. */
  slowMs = 0;
  /** Sends each answer byte by byte. */
  pieces = false;
  onWrite: () => void = () => {};
  port = 0;
  #open = 0;
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();

  async up(): Promise<void> {
    const server = createServer((socket) => this.#connected(socket));
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, "close");
    server.close();
    this.cut();
    await closed;
  }

  /** Connections that stand now. */
  get open(): number {
    return this.#sockets.size;
  }

  get isUp(): boolean {
    return this.#server !== null;
  }

  /** Breaks every connection as a switch without power does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Says something that nobody asked for. */
  shout(bytes: Buffer): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** Sets registers to these bytes, two each, from an address on. */
  set(table: "input" | "holding", address: number, bytes: Buffer): void {
    for (let i = 0; i < bytes.length; i += 2) this[table].set(address + i / 2, bytes.readUInt16BE(i));
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.setNoDelay(true);
    socket.once("close", () => this.#sockets.delete(socket));
    let heard = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      while (heard.length >= 6 && heard.length >= 6 + heard.readUInt16BE(4)) {
        const end = 6 + heard.readUInt16BE(4);
        this.#request(socket, heard.subarray(0, end));
        heard = heard.subarray(end);
      }
    });
  }

  #request(socket: Socket, frame: Buffer): void {
    const pdu = frame.subarray(7);
    this.#open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.#open);
    const answer = this.#answer(pdu);
    const header = Buffer.from(frame.subarray(0, 7));
    header.writeUInt16BE(answer.length + 1, 4);
    const whole = Buffer.concat([header, answer]);
    const send = (): void => {
      this.#open -= 1;
      const said = this.twist === null ? whole : this.twist(whole, frame);
      if (said === null || socket.destroyed) return;
      if (this.pieces) for (const byte of said) socket.write(Buffer.from([byte]));
      else socket.write(said);
    };
    if (this.slowMs === 0) send();
    else setTimeout(send, this.slowMs);
  }

  #answer(pdu: Buffer): Buffer {
    const fc = pdu.readUInt8(0);
    const start = pdu.readUInt16BE(1);
    const count = fc === 5 || fc === 6 ? 1 : pdu.readUInt16BE(3);
    this.requests.push({ fc, start, count });
    const addresses = Array.from({ length: count }, (_, i) => start + i);
    const table = ([null, "coil", "discrete", "holding", "input", "coil", "holding"] as const)[
      fc === 16 ? 6 : fc
    ];
    if (table === null || table === undefined) return Buffer.from([fc + 0x80, 1]);
    if (!addresses.every((address) => this[table].has(address))) return Buffer.from([fc + 0x80, 2]);
    if (fc > 4) return this.#write(fc, start, count, pdu);
    if (table === "coil" || table === "discrete") {
      const bits = Buffer.alloc(Math.ceil(count / 8));
      for (const [i, address] of addresses.entries()) {
        if (this[table].get(address) === true) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
      }
      return Buffer.concat([Buffer.from([fc, bits.length]), bits]);
    }
    const data = Buffer.alloc(count * 2);
    for (const [i, address] of addresses.entries()) data.writeUInt16BE(this[table].get(address) ?? 0, i * 2);
    return Buffer.concat([Buffer.from([fc, data.length]), data]);
  }

  #write(fc: number, start: number, count: number, pdu: Buffer): Buffer {
    this.writes.push(Buffer.from(pdu));
    if (fc === 5) this.coil.set(start, pdu.readUInt16BE(3) === 0xff00);
    if (fc === 6) this.holding.set(start, pdu.readUInt16BE(3));
    if (fc === 16) this.set("holding", start, pdu.subarray(6, 6 + count * 2));
    this.onWrite();
    return Buffer.from(pdu.subarray(0, 5));
  }
}

export type Registers = ModbusConfigInput["groups"][number]["registers"];

export function driverFor(
  device: TestDevice,
  registers: Registers,
  more: Partial<ModbusConfigInput> = {},
): Driver {
  const config = { host: "127.0.0.1", port: device.port, timeoutMs: 300, ...more };
  return createModbusDriver({
    source: "press",
    config: { groups: [{ pollMs: 10, registers }], ...config },
    clock: systemClock,
    log: silentLogger,
  });
}

const closers: (() => Promise<void>)[] = [];

/** For `afterEach`. */
export async function stopAll(): Promise<void> {
  for (const close of closers.splice(0)) await close();
}

/** A started driver for a device that is there; `prepare` sets its registers. */
export async function started(
  registers: Registers,
  prepare: (device: TestDevice) => void,
  more: Partial<ModbusConfigInput> = {},
): Promise<{ device: TestDevice; driver: Driver; sink: RecordingSink }> {
  const device = new TestDevice();
  prepare(device);
  await device.up();
  const driver = driverFor(device, registers, more);
  const sink = new RecordingSink();
  await driver.start(sink, new AbortController().signal);
  closers.push(async () => {
    await driver.stop();
    await device.down();
  });
  return { device, driver, sink };
}

export const word = (metric: string, address: number, more: object = {}): Registers[number] => ({
  metric,
  table: "holding",
  address,
  type: "uint16",
  ...more,
});
export const values = (sink: RecordingSink, metric: string) => sink.said(metric).map(([, value]) => value);
