import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { EpochName } from "./queue-keys.ts";
import type { QueueOutlet, StoredBlock } from "./queue-outlet.ts";
import type { BlockAnswer } from "./uplink.contract.ts";

export interface SenderParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly outlet: QueueOutlet;
  /** Sends a frame as it is; rejects when no answer comes in time or the link is gone. */
  readonly transmit: (frame: Uint8Array) => Promise<BlockAnswer>;
  /** Something changed (or will have, after so many ms): there may be more to send. */
  readonly wake: (afterMs?: number) => void;
  /** A live block is this old (ms) before it is treated as backlog. */
  readonly isBacklog: (block: StoredBlock) => boolean;
  readonly rotate: (lane: number) => Promise<void>;
}

/** A pause after an answer that brought nothing, so that nobody is asked a thousand times a second, ms. */
const pauseMs = 250;
const maxBusyMs = 30_000;

/** Sends the blocks of one epoch in order and does what the answers say. */
export class Sender {
  readonly name: EpochName;
  inFlight = 0;
  readonly #parts: SenderParts;
  #next: number;
  /** Raised when what is in flight no longer decides where to go on: after a hole, a "busy", a timeout. */
  #generation = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #timeouts = 0;

  constructor(name: EpochName, acked: number, parts: SenderParts) {
    this.name = name;
    this.#next = acked + 1;
    this.#parts = parts;
  }

  /** Timeouts in a row. */
  get timeouts(): number {
    return this.#timeouts;
  }

  /** Sends one block if there is one and no pause. False = nothing to do now. */
  async send(): Promise<boolean> {
    const { clock, outlet, isBacklog, rotate, wake } = this.#parts;
    const pause = this.#pausedUntil - clock.monotonic();
    if (pause > 0) {
      // A timer may fire early; nobody else would look again.
      wake(pause);
      return false;
    }
    const generation = this.#generation;
    const block = await outlet.read(this.name, this.#next);
    if (block === null || generation !== this.#generation) return false;
    if (isBacklog(block)) {
      // Old news must raise no alarm: what is stored so far becomes backlog, live goes on in a new epoch.
      await rotate(this.name.lane);
      return true;
    }
    this.#next = block.last + 1;
    this.inFlight++;
    void this.#transmit(block, generation);
    return true;
  }

  async #transmit(block: StoredBlock, generation: number): Promise<void> {
    const { transmit, log, wake } = this.#parts;
    let wait = 0;
    try {
      const answer = await transmit(block.frame);
      this.#timeouts = 0;
      wait = await this.#answered(answer, block, generation);
    } catch (error) {
      // Sent again: the cursor decides, so nothing is doubled.
      if (generation === this.#generation) {
        this.#timeouts++;
        log.warn({ ...this.name, first: block.first, err: error }, "no answer to a block");
        wait = this.#again(pauseMs);
      }
    } finally {
      this.inFlight--;
    }
    wake(wait);
  }

  /** @returns ms to wait before the next one. */
  async #answered(answer: BlockAnswer, block: StoredBlock, generation: number): Promise<number> {
    const { outlet, log } = this.#parts;
    if (answer.result === "acked") {
      outlet.acked(this.name, answer.acked);
      if (answer.acked >= this.#next) this.#next = answer.acked + 1;
      return 0;
    }
    if (generation !== this.#generation) return 0;
    switch (answer.result) {
      case "busy":
        return this.#again(Math.min(maxBusyMs, Math.max(10, answer.retryMs)) * (1 + Math.random() / 2));
      case "refused":
        log.error({ ...this.name, first: block.first, reason: answer.reason }, "a block was refused");
        await outlet.setAside(this.name, block.first, "refused");
        return this.#again(0);
      case "expect": {
        outlet.rewind(this.name, answer.seq - 1);
        outlet.acked(this.name, answer.seq - 1);
        this.#again(pauseMs);
        this.#next = answer.seq;
        await outlet.explain(this.name, answer.seq);
        return pauseMs;
      }
      default:
        return answer satisfies never;
    }
  }

  /** Goes back to what is not acknowledged, after a pause. */
  #again(ms: number): number {
    this.#generation++;
    this.#pausedUntil = this.#parts.clock.monotonic() + ms;
    const epoch = this.#parts.outlet.open().find(({ name }) => name.epoch === this.name.epoch);
    this.#next = (epoch?.acked ?? this.#next - 1) + 1;
    return ms;
  }
}
