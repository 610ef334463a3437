import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import { epochKey } from "./queue-keys.ts";
import type { OutletEpoch, QueueOutlet, StoredBlock } from "./queue-outlet.ts";
import type { Queue } from "./queue.ts";
import { Sender, type SenderParts } from "./sender.ts";
import { inFlight } from "./uplink.contract.ts";

export interface PumpParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly queue: Queue;
  readonly outlet: QueueOutlet;
  /** Whether the server may be sent anything now. */
  readonly ready: () => boolean;
  readonly transmit: SenderParts["transmit"];
  /** The server answers nothing any more, though the link stands. */
  readonly onSilence: () => void;
  /** A timer that ends with the link. */
  readonly after: (ms: number, run: () => unknown) => void;
}

/** Live data that is older than this when the link works again is backlog (design §4.2), ms. */
const backlogMs = 60_000;
const failedMs = 1000;
const maxTimeouts = 3;

/**
 * Decides which stored block goes next: at most four of a stream unanswered, events before readings, live before
 * backlog. Runs once at a time; what wakes it meanwhile makes it look again.
 */
export class Pump {
  readonly #parts: PumpParts;
  readonly #senders = new Map<string, Sender>();
  #running = false;
  #again = false;
  #wakeAt: number | null = null;

  constructor(parts: PumpParts) {
    this.#parts = parts;
  }

  /** There may be something to send. */
  wake(): void {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    void this.#run().finally(() => {
      this.#running = false;
      if (this.#again) this.wake();
    });
  }

  /** The link is another, or the server said anew how far it is: what was in flight decides nothing any more. */
  forget(): void {
    this.#senders.clear();
  }

  async #run(): Promise<void> {
    const { outlet, log, ready, after } = this.#parts;
    while (this.#again && ready()) {
      this.#again = false;
      for (const epochs of streamsOf(outlet.open())) {
        try {
          await this.#sendStream(epochs);
        } catch (error) {
          log.error({ err: error }, "a stream could not be sent");
          after(failedMs, () => this.wake());
        }
      }
    }
    if (!ready()) this.#again = false;
  }

  /** Live before backlog, and one place in flight kept for the backlog, oldest epoch first. */
  async #sendStream(epochs: readonly OutletEpoch[]): Promise<void> {
    const live = epochs.find((epoch) => epoch.live);
    const backlog = epochs.find((epoch) => !epoch.live);
    const senders = [live, backlog].flatMap((epoch) => (epoch === undefined ? [] : [this.#sender(epoch)]));
    const flying = () =>
      epochs.reduce((sum, e) => sum + (this.#senders.get(epochKey(e.name))?.inFlight ?? 0), 0);
    for (const sender of senders) {
      const keep = senders.length === 2 && sender === senders[0] ? 1 : 0;
      while (flying() < inFlight - keep && (await sender.send()));
    }
  }

  #sender(epoch: OutletEpoch): Sender {
    const key = epochKey(epoch.name);
    const known = this.#senders.get(key);
    if (known !== undefined) return known;
    const { clock, log, outlet, queue, transmit } = this.#parts;
    const sender = new Sender(epoch.name, epoch.acked, {
      clock,
      log,
      outlet,
      transmit,
      wake: (ms = 0) => this.#answered(ms),
      isBacklog: (block) => this.#isBacklog(block),
      rotate: (lane) => queue.rotate(lane),
    });
    this.#senders.set(key, sender);
    return sender;
  }

  #answered(waitMs: number): void {
    if ([...this.#senders.values()].some((s) => s.timeouts >= maxTimeouts)) this.#parts.onSilence();
    if (waitMs <= 0) this.wake();
    else this.#wakeIn(waitMs);
  }

  #isBacklog({ header }: StoredBlock): boolean {
    const { clock, queue } = this.#parts;
    const { state } = queue.disk;
    const epoch = state.get(header);
    if (header.kind === "events" || epoch === undefined || !state.isLive(epoch)) return false;
    return clock.now() - header.edgeTime > backlogMs;
  }

  /** One timer for all pauses: the earliest counts, and who still pauses then asks again. */
  #wakeIn(ms: number): void {
    const at = this.#parts.clock.monotonic() + ms;
    if (this.#wakeAt !== null && this.#wakeAt <= at) return;
    this.#wakeAt = at;
    this.#parts.after(Math.ceil(ms) + 1, () => {
      if (this.#wakeAt === at) this.#wakeAt = null;
      this.wake();
    });
  }
}

/** Streams in the order in which they are served: events first, they are few and tell of alarms. */
function streamsOf(epochs: readonly OutletEpoch[]): OutletEpoch[][] {
  const streams = new Map<string, OutletEpoch[]>();
  for (const kind of ["events", "readings"] as const) {
    for (const epoch of epochs.filter((e) => e.name.kind === kind)) {
      const key = `${kind}|${epoch.name.lane}`;
      streams.set(key, [...(streams.get(key) ?? []), epoch]);
    }
  }
  return [...streams.values()];
}
