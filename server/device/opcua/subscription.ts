import {
  AttributeIds,
  type DataValue,
  MonitoringMode,
  PublishRequest,
  RepublishRequest,
  type StatusCode,
  TimestampsToReturn,
} from "node-opcua-client";
import type { OpcUaLink } from "./link.ts";
import type { OpcUaConfig } from "./opcua.contract.ts";
import { maxMissing, missingBefore, nextOf } from "./sequence.rules.ts";
import { filterOf, type Message, publish, queueFor, republish, says } from "./services.ts";

/** A variable that the server watches for us. */
export interface Item {
  readonly metric: string;
  /** With the index that its namespace has now. */
  readonly nodeId: string;
  readonly sampleMs: number;
  /** Values to keep between two publications; undefined = what is needed twice over. */
  readonly queue: number | undefined;
  /** Also what came anew with the same value. */
  readonly every: boolean;
  readonly deadband: { readonly absolute: number } | { readonly percent: number } | undefined;
}

/** What the server made of what was asked for an item. */
export type Grant =
  | { readonly kind: "watched"; readonly item: Item; readonly sampleMs: number; readonly queue: number }
  | { readonly kind: "refused"; readonly item: Item; readonly status: StatusCode };

/** Who hears what a subscription brings. */
export interface Listener<T extends Item> {
  /** Every answer of the server, a keep-alive too, before what it says. */
  heard(): void;
  /** After what a message says: when the server sent it, ms on its clock. */
  published(at: number): void;
  /** What one message says, in its order. */
  values(said: readonly (readonly [T, DataValue])[]): void;
  /** Messages are lost, and the server has them no more. */
  lost(reason: string): void;
  /** Resolves when there is room for more. */
  room(): Promise<void>;
}

/** Items in one request. Servers have limits; this is below those of small controllers. */
const batch = 200;
/** Publish requests that wait at the server: one for each answer on its way. */
const waiting = 2;

/** The server dropped the subscription; the next link makes a new one. */
export class SubscriptionGone extends Error {}

/**
 * One subscription, made with the plain services of Part 4, 5.13 and 5.14: so it outlives the link it was made on,
 * each lost message is asked for again, and what cannot be had again is told.
 */
export class Subscription<T extends Item> {
  readonly #id: number;
  readonly #items: readonly T[];
  readonly #silenceMs: number;
  readonly publishMs: number;
  #last = 0;
  #acknowledge: { subscriptionId: number; sequenceNumber: number }[] = [];
  #turn: Promise<void> = Promise.resolve();

  /** @throws LinkLost, Error when the server gives no subscription. */
  static async create<T extends Item>(
    link: OpcUaLink,
    items: readonly T[],
    config: OpcUaConfig,
  ): Promise<{ subscription: Subscription<T>; grants: Grant[] }> {
    const { publishMs, aliveMs, keepMs, timeoutMs } = config;
    const { session } = link;
    const created = await link.ask(
      session.createSubscription({
        requestedPublishingInterval: publishMs,
        requestedMaxKeepAliveCount: Math.max(1, Math.ceil(aliveMs / publishMs)),
        requestedLifetimeCount: Math.max(3 * Math.ceil(aliveMs / publishMs), Math.ceil(keepMs / publishMs)),
        maxNotificationsPerPublish: 0,
        // node-opcua makes false of what is left out, and the server would be silent for ever.
        publishingEnabled: true,
        priority: 1,
      }),
      "the subscription",
    );
    const { subscriptionId, revisedPublishingInterval, revisedMaxKeepAliveCount } = created;
    const silenceMs = revisedPublishingInterval * revisedMaxKeepAliveCount + timeoutMs;
    const subscription = new Subscription(subscriptionId, items, revisedPublishingInterval, silenceMs);
    const grants = await subscription.#watch(link);
    return { subscription, grants };
  }

  private constructor(id: number, items: readonly T[], publishMs: number, silenceMs: number) {
    this.#id = id;
    this.#items = items;
    this.publishMs = publishMs;
    this.#silenceMs = silenceMs;
  }

  async #watch(link: OpcUaLink): Promise<Grant[]> {
    const grants: Grant[] = [];
    for (let start = 0; start < this.#items.length; start += batch) {
      const some = this.#items.slice(start, start + batch);
      const itemsToCreate = some.map((item, i) => ({
        itemToMonitor: { nodeId: item.nodeId, attributeId: AttributeIds.Value },
        monitoringMode: MonitoringMode.Reporting,
        requestedParameters: {
          clientHandle: start + i,
          samplingInterval: item.sampleMs,
          queueSize: item.queue ?? queueFor(item.sampleMs, this.publishMs),
          discardOldest: true,
          filter: filterOf(item),
        },
      }));
      const answer = await link.ask(
        link.session.createMonitoredItems({
          subscriptionId: this.#id,
          timestampsToReturn: TimestampsToReturn.Both,
          itemsToCreate,
        }),
        "the variables to watch",
      );
      for (const [i, item] of some.entries()) {
        const result = answer.results?.[i];
        if (result === undefined) throw new Error("the server answered for fewer variables than were asked");
        const { statusCode: status, revisedSamplingInterval: sampleMs, revisedQueueSize: queue } = result;
        if (status.isGoodish()) grants.push({ kind: "watched", item, sampleMs, queue });
        else grants.push({ kind: "refused", item, status });
      }
    }
    return grants;
  }

  /**
   * Takes what comes until the link is over. On a link that goes on with an earlier session the server is asked first
   * for what it sent into the void.
   * @throws SubscriptionGone when the server knows it no more; LinkLost; Error.
   */
  async run(link: OpcUaLink, listener: Listener<T>): Promise<void> {
    if (link.resumed) await this.#catchUp(link, listener);
    const watch = this.#watchdog(link);
    const heard: Listener<T> = {
      ...listener,
      heard: () => {
        watch.refresh();
        listener.heard();
      },
    };
    try {
      await Promise.all(Array.from({ length: waiting }, () => this.#publish(link, heard)));
    } finally {
      watch.stop();
    }
  }

  /** The server must say something now and then, if only that it has nothing to say. */
  #watchdog(link: OpcUaLink): { refresh(): void; stop(): void } {
    const silent = (): void => link.end(`the server said nothing for ${this.#silenceMs} ms`);
    const timer = setTimeout(silent, this.#silenceMs);
    return { refresh: () => void timer.refresh(), stop: () => clearTimeout(timer) };
  }

  async #publish(link: OpcUaLink, listener: Listener<T>): Promise<void> {
    while (!link.over.aborted) {
      await listener.room();
      const subscriptionAcknowledgements = this.#acknowledge;
      this.#acknowledge = [];
      const timeoutHint = this.#silenceMs * waiting * 2;
      const request = new PublishRequest({ requestHeader: { timeoutHint }, subscriptionAcknowledgements });
      let answer: Awaited<ReturnType<typeof publish>>;
      try {
        answer = await publish(link.session, request);
      } catch (error) {
        if (link.over.aborted) return;
        // It is asked for less then.
        if (says(error, "BadTooManyPublishRequests")) return;
        if (says(error, "BadTimeout")) continue;
        if (says(error, "BadNoSubscription|BadSubscriptionIdInvalid|BadSession")) {
          throw new SubscriptionGone("the server has forgotten the subscription", { cause: error });
        }
        throw error;
      }
      listener.heard();
      // One after the other: while a lost message is asked for again, the next must wait.
      this.#turn = this.#turn.then(() => this.#take(link, answer.notificationMessage, listener));
      await this.#turn;
      // The message's own publish time is left empty by some servers, the answer's never.
      const at = answer.responseHeader.timestamp?.getTime() ?? 0;
      if (at > 0) listener.published(at);
    }
  }

  async #take(link: OpcUaLink, message: Message, listener: Listener<T>): Promise<void> {
    const sequence = message.sequenceNumber;
    const data = message.notificationData ?? [];
    const missing = missingBefore(this.#last, sequence);
    // A keep-alive says which number comes next, not one of its own.
    if (missing === "again") return;
    if (missing > 0) await this.#fetch(link, missing, listener);
    if (data.length > 0) this.#deliver(message, listener);
  }

  #deliver(message: Message, listener: Listener<T>): void {
    this.#last = message.sequenceNumber;
    this.#acknowledge.push({ subscriptionId: this.#id, sequenceNumber: message.sequenceNumber });
    const said: (readonly [T, DataValue])[] = [];
    for (const part of message.notificationData ?? []) {
      if (typeof part !== "object" || part === null) continue;
      if ("status" in part) throw new SubscriptionGone("the server ended the subscription");
      if (!("monitoredItems" in part) || !Array.isArray(part.monitoredItems)) continue;
      for (const { clientHandle, value } of part.monitoredItems as {
        clientHandle: number;
        value: DataValue;
      }[]) {
        const item = this.#items[clientHandle];
        if (item !== undefined) said.push([item, value]);
      }
    }
    if (said.length > 0) listener.values(said);
  }

  /** Asks for messages that were lost on the way; tells which are gone. */
  async #fetch(link: OpcUaLink, missing: number, listener: Listener<T>): Promise<void> {
    let gone = Math.max(0, missing - maxMissing);
    for (let i = 0; i < gone; i++) this.#last = nextOf(this.#last);
    for (let i = gone; i < missing; i++) {
      const wanted = nextOf(this.#last);
      const message = await this.#again(link, wanted);
      if (message === null) {
        gone += 1;
        this.#last = wanted;
      } else this.#deliver(message, listener);
    }
    if (gone > 0) listener.lost(`${gone} messages of the server were lost, and it has them no more`);
  }

  /** After a lost link: messages that the server sent and we never heard, until it says that there are no more. */
  async #catchUp(link: OpcUaLink, listener: Listener<T>): Promise<void> {
    for (let i = 0; i < maxMissing; i++) {
      const message = await this.#again(link, nextOf(this.#last));
      if (message === null) return;
      this.#deliver(message, listener);
    }
  }

  async #again(link: OpcUaLink, sequence: number): Promise<Message | null> {
    const request = new RepublishRequest({ subscriptionId: this.#id, retransmitSequenceNumber: sequence });
    try {
      return await link.ask(republish(link.session, request), "a lost message");
    } catch (error) {
      if (says(error, "BadMessageNotAvailable")) return null;
      if (says(error, "BadSubscriptionIdInvalid|BadNoSubscription|BadSession")) {
        throw new SubscriptionGone("the server has forgotten the subscription", { cause: error });
      }
      throw error;
    }
  }
}
