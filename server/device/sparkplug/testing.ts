import type { DriverEvent, RawReading } from "../driver.contract.ts";
import { decodePayload, encodePayload, type MetricToSend } from "./payload.ts";
import { type Effect, type MessageType, NodeSession, type SessionOptions } from "./session.ts";
import { datatypes } from "./values.ts";

export const t0 = 1_764_000_000_000;
const options: SessionOptions = {
  reorderMs: 2000,
  rebirthMinMs: 5000,
  rebirthJitterMs: 500,
  random: () => 0.5,
};

/** An edge node as the session hears it, through the real codec; time is moved by hand. */
export class Node {
  readonly session: NodeSession;
  time = 0;

  constructor(extra: Partial<SessionOptions> = {}) {
    this.session = new NodeSession({ ...options, ...extra });
  }

  get at() {
    return { now: t0 + this.time, monotonic: this.time };
  }

  send(
    type: MessageType,
    device: string,
    seq: number | undefined,
    metrics: Partial<MetricToSend>[],
  ): Effect[] {
    const now = t0 + this.time;
    const whole = metrics.map((metric) => ({ timestamp: now, datatype: 10, value: 0, ...metric }));
    const bytes = encodePayload({ timestamp: now, ...(seq !== undefined && { seq }), metrics: whole });
    return this.session.receive({ type, device, payload: decodePayload(bytes) }, this.at);
  }

  nodeBirth(seq = 0, bdSeq = 7): Effect[] {
    return this.send("NBIRTH", "", seq, [
      { name: "bdSeq", datatype: datatypes.Int64, sayDatatype: true, value: bdSeq },
      { name: "Node Control/Rebirth", datatype: datatypes.Boolean, sayDatatype: true, value: false },
    ]);
  }

  deviceBirth(device: string, seq: number, alias: number, value = 230): Effect[] {
    return this.send("DBIRTH", device, seq, [{ name: "Melt", alias, sayDatatype: true, value, unit: "°C" }]);
  }

  nodeDeath(bdSeq = 7): Effect[] {
    return this.send("NDEATH", "", undefined, [{ name: "bdSeq", datatype: datatypes.Int64, value: bdSeq }]);
  }

  data(
    seq: number,
    alias: number,
    value: number,
    device = "press-1",
    extra: Partial<MetricToSend> = {},
  ): Effect[] {
    return this.send("DDATA", device, seq, [{ alias, value, ...extra }]);
  }

  tick(ms: number): Effect[] {
    this.time += ms;
    return this.session.tick(this.at);
  }
}

/** A node born with press-1 (alias 1) and press-2 (alias 2); the next message is number 3. */
export function born(extra: Partial<SessionOptions> = {}): Node {
  const node = new Node(extra);
  node.nodeBirth();
  node.deviceBirth("press-1", 1, 1);
  node.deviceBirth("press-2", 2, 2);
  return node;
}

export const readings = (effects: Effect[]): RawReading[] =>
  effects.flatMap((effect) => (effect.do === "readings" ? effect.readings : []));
export const values = (effects: Effect[]) => readings(effects).map(({ metric, value }) => [metric, value]);
export const events = (effects: Effect[]): DriverEvent[] =>
  effects.flatMap((effect) => (effect.do === "event" ? [effect.event] : []));
export const kinds = (effects: Effect[]) => events(effects).map((event) => event.kind);
export const asks = (effects: Effect[]) => effects.some((effect) => effect.do === "rebirth");
export const unreadable = (effects: Effect[]) => effects.find((effect) => effect.do === "unreadable")?.reason;
