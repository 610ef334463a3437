import type { DriverEvent, RawReading } from "../driver.contract.ts";
import { BirthError, BirthTable, type BornMetric, staleMark, valueOf } from "./birth-table.ts";
import { Continuity } from "./continuity.ts";
import type { DecodedMetric, DecodedPayload } from "./payload.ts";
import { datatypes, isKnownDatatype } from "./values.ts";
import { type Instant, RebirthRequests, type RebirthTiming } from "./rebirth.ts";

export type MessageType = "NBIRTH" | "DBIRTH" | "NDATA" | "DDATA" | "NDEATH" | "DDEATH";

/** One message of the edge node, decoded. `device` is "" for the node itself. */
export interface NodeMessage {
  readonly type: MessageType;
  readonly device: string;
  readonly payload: DecodedPayload;
}

/** What the caller has to do, in this order. */
export type Effect =
  | { readonly do: "readings"; readonly readings: readonly RawReading[] }
  | { readonly do: "event"; readonly event: DriverEvent }
  /** The message holds something that cannot be used; keep it as a dead letter. */
  | { readonly do: "unreadable"; readonly reason: string }
  /** Publish NCMD `Node Control/Rebirth` = true. */
  | { readonly do: "rebirth"; readonly reason: string };

export interface SessionOptions extends RebirthTiming {
  /** How long a missing message may still arrive, ms; 0 = the broker keeps the order. */
  readonly reorderMs: number;
  /** 0 ≤ value < 1. */
  readonly random: () => number;
}

/** Metrics that steer the session and are no data. */
const control = /^(bdSeq|Node Control\/.*)$/;
const maxHeld = 64;

type Life = "unborn" | "alive" | "awaiting rebirth" | "dead";

/**
 * A host application's view of one edge node (Sparkplug B 3.0, chapter 5): pure, moved by messages and time.
 *
 * While a message is missing, what follows it is held back; when it does not come, a gap is reported and nothing of
 * the node is believed until its next birth, since the missing message may have been the birth that gave an alias
 * another meaning.
 */
export class NodeSession {
  readonly #options: SessionOptions;
  readonly #rebirth: RebirthRequests;
  #life: Life = "unborn";
  #table = new BirthTable();
  #bdSeq: number | null = null;
  #expected = 0;
  readonly #held = new Map<number, NodeMessage>();
  #heldSince: number | null = null;
  readonly #continuity = new Continuity();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#rebirth = new RebirthRequests(options, options.random);
  }

  get life(): Life {
    return this.#life;
  }

  /** Monotonic time at which `tick` has something to do, null when nothing is pending. */
  get due(): number | null {
    const reorder = this.#heldSince === null ? null : this.#heldSince + this.#options.reorderMs;
    if (reorder === null || this.#rebirth.due === null) return reorder ?? this.#rebirth.due;
    return Math.min(reorder, this.#rebirth.due);
  }

  /** The born metric a write is meant for: `<device>/<name>`; undefined while there is no valid birth. */
  target(path: string): BornMetric | undefined {
    if (this.#life !== "alive") return undefined;
    for (const device of this.#table.devices) {
      const name =
        device === "" ? path : path.startsWith(`${device}/`) ? path.slice(device.length + 1) : null;
      const metric = name === null ? undefined : this.#table.byName(device, name);
      if (metric !== undefined) return metric;
    }
    return undefined;
  }

  /** Births are not retained: whoever connects late asks once. */
  connected(at: Instant): void {
    if (this.#life === "alive") return;
    this.#rebirth.want("the host has just connected", at);
  }

  /** The broker is gone: everything the node said is stale from now on, by the host's clock. */
  disconnected(at: Instant): Effect[] {
    const effects = this.#life === "dead" ? [] : this.#die(at.now, "the connection to the broker is lost");
    this.#life = "unborn";
    return effects;
  }

  /** A message of the node that could not be decoded: it may have been anything, so a rebirth is asked for. */
  unreadable(reason: string, at: Instant): Effect[] {
    this.#rebirth.want(reason, at);
    return [{ do: "unreadable", reason }];
  }

  receive(message: NodeMessage, at: Instant): Effect[] {
    if (message.type === "NBIRTH") return this.#nodeBirth(message, at);
    return message.type === "NDEATH" ? this.#nodeDeath(message, at) : this.#sequenced(message, at);
  }

  /** Call when `due` is reached. */
  tick(at: Instant): Effect[] {
    const effects: Effect[] = [];
    if (this.#heldSince !== null && at.monotonic >= this.#heldSince + this.#options.reorderMs) {
      effects.push(...this.#loseOrder(at));
    }
    const reason = this.#rebirth.take(at);
    if (reason !== null) effects.push({ do: "rebirth", reason });
    return effects;
  }

  #nodeBirth(message: NodeMessage, at: Instant): Effect[] {
    const { payload } = message;
    if (payload.seq === undefined || payload.seq > 255) {
      return this.unreadable("a birth without a sequence number from 0 to 255", at);
    }
    const bdSeq = bdSeqOf(payload);
    const isRebirth = this.#life === "alive" && bdSeq === this.#bdSeq && this.#held.size === 0;
    const unbroken = isRebirth ? this.#table.devices : [];
    const gaps = this.#continuity.nodeBorn(unbroken, payload.timestamp ?? at.now);
    this.#table = new BirthTable();
    this.#release();
    this.#life = "alive";
    this.#bdSeq = bdSeq;
    // The topics chapter asks for 0, the payload chapter for 0–255: any start is accepted.
    this.#expected = (payload.seq + 1) & 255;
    this.#rebirth.born();
    const effects = [...asEffects(gaps), ...this.#birth(message, at)];
    // A birth that contradicts itself is none.
    if (!this.#table.has("")) this.#life = "unborn";
    return effects;
  }

  #nodeDeath({ payload }: NodeMessage, at: Instant): Effect[] {
    const bdSeq = bdSeqOf(payload);
    if (bdSeq === null) return [{ do: "unreadable", reason: "an NDEATH without bdSeq" }];
    // An old will may come late, and a will may come twice: only the death of the present birth counts.
    if (this.#life === "unborn" || this.#life === "dead") return [];
    if (this.#bdSeq !== null && bdSeq !== this.#bdSeq) return [];
    const effects = this.#die(at.now, "the edge node is offline");
    this.#life = "dead";
    return effects;
  }

  #sequenced(message: NodeMessage, at: Instant): Effect[] {
    const { seq } = message.payload;
    if (seq === undefined || seq > 255) {
      return this.unreadable(`${message.type} without a sequence number from 0 to 255`, at);
    }
    if (this.#life !== "alive") {
      this.#rebirth.want(`${message.type} while the node is ${this.#life}`, at);
      return [];
    }
    if (seq !== this.#expected) {
      if (!this.#held.has(seq)) this.#held.set(seq, message);
      this.#heldSince ??= at.monotonic;
      const giveUp = this.#options.reorderMs === 0 || this.#held.size > maxHeld;
      return giveUp ? this.#loseOrder(at) : [];
    }
    const effects: Effect[] = [];
    for (let next: NodeMessage | undefined = message; next !== undefined;) {
      this.#expected = (this.#expected + 1) & 255;
      effects.push(...this.#apply(next, at));
      next = this.#held.get(this.#expected);
      this.#held.delete(this.#expected);
    }
    // Something later may still be missing: its time starts now.
    this.#heldSince = this.#held.size === 0 ? null : at.monotonic;
    return effects;
  }

  #apply(message: NodeMessage, at: Instant): Effect[] {
    const { type, device, payload } = message;
    if (type === "DBIRTH") return this.#birth(message, at);
    if (type === "DDEATH") {
      if (!this.#table.has(device)) return [];
      return this.#dieDevice(device, payload.timestamp ?? at.now, "the device is offline");
    }
    if (!this.#table.has(device)) {
      this.#rebirth.want(`data of ${device} before its birth`, at);
      return [];
    }
    return this.#data(message, at);
  }

  #birth(message: NodeMessage, at: Instant): Effect[] {
    const { device, payload } = message;
    const bornAt = payload.timestamp ?? at.now;
    if (this.#table.has(device)) this.#continuity.unbroken(device);
    try {
      const metrics = this.#table.bear(device, payload);
      const effects = asEffects(this.#continuity.deviceBorn(device, bornAt));
      const event: DriverEvent = { kind: "birth", device, at: bornAt, metrics: metrics.map((m) => m.path) };
      effects.push({ do: "event", event });
      const odd = this.#table.oddities(device, payload);
      if (odd.length > 0) effects.push({ do: "unreadable", reason: odd.slice(0, 5).join("; ") });
      return [...effects, ...this.#data(message, at)];
    } catch (error) {
      if (!(error instanceof BirthError)) throw error;
      return this.unreadable(error.message, at);
    }
  }

  #data({ type, device, payload }: NodeMessage, at: Instant): Effect[] {
    const readings: RawReading[] = [];
    const problems = new Set<string>();
    for (const metric of this.#table.expand(device, payload.metrics)) {
      if (isNoData(metric)) continue;
      const entry = this.#table.find(device, metric);
      if (entry === undefined) {
        const unknown = metric.alias === undefined ? `metric ${metric.name ?? ""}` : `alias ${metric.alias}`;
        problems.add(`${unknown} of ${device || "the node"} stood in no birth`);
        this.#rebirth.want(`unknown ${unknown}`, at);
        continue;
      }
      // An instance of a template has no value: its members, which follow, have.
      if (entry.datatype === datatypes.Template) continue;
      // Said once, at the birth: a kind of value that is not read at all.
      if (!isKnownDatatype(entry.datatype) && type.endsWith("DATA")) continue;
      const found = valueOf(entry, metric, payload.timestamp);
      if (typeof found === "string") {
        problems.add(found);
        continue;
      }
      const unit = metric.unit ?? entry.unit;
      readings.push({
        metric: entry.path,
        sourceTime: found.at,
        value: found.value,
        quality: found.quality,
        ...(unit !== undefined && { unit }),
        ...(found.historical && { historical: true }),
      });
      // What comes from the source's own store says nothing about now.
      if (found.historical) continue;
      entry.value = found.value;
      entry.at = Math.max(entry.at ?? found.at, found.at);
      this.#continuity.heard(device, found.at);
    }
    const effects: Effect[] = readings.length === 0 ? [] : [{ do: "readings", readings }];
    if (problems.size > 0) effects.push({ do: "unreadable", reason: [...problems].slice(0, 5).join("; ") });
    return effects;
  }

  #die(at: number, reason: string): Effect[] {
    this.#release();
    const effects = this.#table.devices.flatMap((device) => this.#dieDevice(device, at, reason));
    this.#table = new BirthTable();
    return effects;
  }

  #dieDevice(device: string, at: number, reason: string): Effect[] {
    const stale = this.#table
      .metricsOf(device)
      .filter((metric) => !control.test(metric.name))
      .map((metric) => staleMark(metric, at));
    this.#table.bury(device);
    const death: Effect = { do: "event", event: { kind: "death", device, at, reason } };
    return stale.length === 0 ? [death] : [{ do: "readings", readings: stale }, death];
  }

  #release(): void {
    this.#held.clear();
    this.#heldSince = null;
  }

  #loseOrder(at: Instant): Effect[] {
    const reason = `message ${this.#expected} is missing`;
    this.#release();
    this.#life = "awaiting rebirth";
    this.#rebirth.want(reason, at);
    return asEffects(this.#continuity.lost(this.#table.devices, at.now, reason));
  }
}

function asEffects(events: readonly DriverEvent[]): Effect[] {
  return events.map((event) => ({ do: "event", event }));
}

function bdSeqOf(payload: DecodedPayload): number | null {
  const raw = payload.metrics.find((metric) => metric.name === "bdSeq")?.raw;
  return raw?.in === "long" || raw?.in === "int" ? Number(raw.value) : null;
}

/** Metrics that steer the session, and transient values: those are for showing only, and a driver shows nothing. */
function isNoData(metric: DecodedMetric): boolean {
  return metric.isTransient || (metric.name !== undefined && control.test(metric.name));
}
