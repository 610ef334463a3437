import { AttributeIds, type DataValue } from "node-opcua-client";
import { type EdgeFiles, UnusableFile } from "../edge-files.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Certificates, SeenCertificate } from "../certificate.contract.ts";
import type { DriverHealth, WriteResult } from "../driver.contract.ts";
import type { SinkWriter } from "../sink-writer.ts";
import { type Catalogue, type Entry, lookUp } from "./catalogue.ts";
import { ensureIdentity } from "./identity.ts";
import { OpcUaLink, type Session } from "./link.ts";
import type { OpcUaConfig } from "./opcua.contract.ts";
import { ServerRefusal } from "./refusal.ts";
import { SaidBook, shown } from "./said.ts";
import { Subscription, SubscriptionGone } from "./subscription.ts";
import { whyNotWatched, whyTooFewKept } from "./watched.ts";
import { whyExpired } from "./trust.ts";
import { send } from "./write.ts";

export interface SourceParts {
  readonly name: string;
  readonly config: OpcUaConfig;
  /** Where the edge's certificate lies, and the edge's code that stands in it. */
  readonly folder: string;
  readonly hostId: string;
  readonly files: EdgeFiles;
  readonly clock: Clock;
  readonly log: Logger;
  readonly writer: SinkWriter;
}

/** First pause before a new connection, ms; it doubles up to the last, each time with jitter. */
const retry = { first: 200, last: 5000 };
/** Writes that may wait for their answers; more means that somebody writes faster than the server takes it. */
const maxWrites = 16;
/** Nothing is known of it. */
const unwatched = { unit: null, sampleMs: 0, every: false };
/** Variables in one request for their present values. */
const readBatch = 200;

/** What may go on in the next link: the server keeps it for a while. */
interface Kept {
  readonly session: Session;
  readonly subscription: Subscription<Entry>;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** One server, for as long as the source exists: link after link. */
export class OpcUaSource {
  readonly #parts: SourceParts;
  readonly #book: SaidBook;
  readonly #types = new Map<string, string>();
  /** Sentences that were told, so that each is told once. */
  #told = new Set<string>();
  #refusal: string | null = null;
  /** Why the last link ended, or could not be made. */
  #problem: string | null = null;
  #link: OpcUaLink | null = null;
  #kept: Kept | null = null;
  /** Metrics whose first word on this subscription has not come yet. */
  #fresh = new Set<string>();
  #writes = 0;
  #lastMessageAt: number | null = null;
  #messages = 0;
  #errors = 0;
  #certificates: Certificates = { server: null, own: null };

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.#book = new SaidBook(parts.clock);
  }

  health(): DriverHealth {
    const { config, clock } = this.#parts;
    const { server } = this.#certificates;
    // A connection that stands outlives its certificate, until it is lost and cannot be made again.
    const over = config.security !== undefined && server !== null && server.validUntil <= clock.now();
    const standing = over ? whyExpired(config.url, server.validUntil) : null;
    return {
      connected: this.#link !== null,
      lastMessageAt: this.#lastMessageAt,
      messages: this.#messages,
      errors: this.#errors,
      problem: this.#link === null ? this.#problem : standing,
      certificates: config.security === undefined ? null : this.#certificates,
    };
  }

  /** Connects, and connects again for ever, until `signal` aborts. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, name, config } = this.#parts;
    let pause = retry.first;
    while (!signal.aborted) {
      let shortest = 0;
      try {
        if (await this.#oneLink(signal)) pause = retry.first;
      } catch (error) {
        log.warn({ source: name, reason: String(error) }, "no connection to the server");
        this.#problem = error instanceof Error ? error.message : String(error);
        // A refusal, or a file of ours that cannot be used: trying again at once would not help.
        if (error instanceof ServerRefusal || error instanceof UnusableFile) {
          shortest = config.refusedRetryMs;
          this.#refused(error.message);
        }
      }
      if (signal.aborted) return;
      // Jitter goes downwards only, so that nobody waits longer than the last pause.
      await clock.sleep(Math.max(pause * (1 - Math.random() / 2), shortest), signal);
      pause = Math.min(pause * 2, retry.last);
    }
  }

  async write(metric: string, value: number | string | boolean): Promise<WriteResult> {
    const refused = (reason: string): WriteResult => ({ result: "refused", reason });
    if (typeof value === "number" && !Number.isFinite(value))
      return refused("the value is not a finite number");
    const link = this.#link;
    if (link === null || link.over.aborted) return refused("the server is not connected");
    const entry = this.#kept?.entries.get(metric);
    if (entry === undefined) return refused(`the server has no metric ${metric}`);
    if ("why" in entry.target) return refused(entry.target.why);
    if (this.#writes >= maxWrites) return refused("too many writes wait already");
    this.#writes += 1;
    try {
      const result = await send(link, entry.target, value);
      if (result.result === "unknown") this.#errors += 1;
      // Read back at once: a deadband or a slow sampling would hide the echo.
      if (result.result !== "refused") void this.#present(link, [entry]);
      return result;
    } finally {
      this.#writes -= 1;
    }
  }

  /** One link from beginning to end; answers whether the server ever answered on it. */
  async #oneLink(signal: AbortSignal): Promise<boolean> {
    const { config, clock, log, folder, hostId, files, name } = this.#parts;
    const identity = await ensureIdentity(folder, hostId, clock);
    const { thumbprint: sha1, validUntil, pem } = identity;
    this.#certificates = { ...this.#certificates, own: { sha1, validUntil, pem } };
    const onCertificate = (server: SeenCertificate): void => {
      this.#certificates = { ...this.#certificates, server };
    };
    const link = await OpcUaLink.connect(
      { config, identity, files, clock, log, onCertificate },
      this.#kept?.session ?? null,
      signal,
    );
    const hangUp = (): void => link.end("the edge stopped listening to the server");
    signal.addEventListener("abort", hangUp, { once: true });
    if (signal.aborted) hangUp();
    this.#refusal = null;
    let wasUp = false;
    try {
      const kept = link.resumed && this.#kept !== null ? this.#kept : await this.#prepare(link);
      this.#kept = kept;
      if (link.over.aborted) return false;
      wasUp = true;
      this.#opened(link, kept);
      log.info({ source: name, resumed: link.resumed }, "connected to the server");
      const listening = this.#listen(link, kept);
      if (link.resumed) void this.#present(link, [...kept.entries.values()]);
      await Promise.race([listening, link.ended]);
      // What the link's end makes of it is told by its reason.
      listening.catch(() => undefined);
    } catch (error) {
      if (error instanceof SubscriptionGone || !wasUp) this.#kept = null;
      link.end(error instanceof Error ? error.message : String(error));
    } finally {
      signal.removeEventListener("abort", hangUp);
      link.end("the link is over");
      this.#link = null;
      this.#ended(await link.ended, wasUp);
      await link.close(this.#kept !== null && !signal.aborted);
    }
    return wasUp;
  }

  async #prepare(link: OpcUaLink): Promise<Kept> {
    const { config, clock, log, name } = this.#parts;
    this.#kept = null;
    const found = await lookUp(link, config, this.#types, clock);
    const { subscription, grants } = await Subscription.create(link, found.entries, config);
    const entries = new Map(found.entries.map((entry) => [entry.metric, entry]));
    const troubles = [...found.troubles];
    for (const grant of grants) {
      const { metric, nodeId } = grant.item;
      if (grant.kind === "refused") {
        const sentence = `${metric} (${entries.get(metric)?.name ?? nodeId}): ${whyNotWatched(grant)}`;
        entries.delete(metric);
        troubles.push({ metric, sentence, raw: nodeId });
        continue;
      }
      log.debug({ source: name, metric, sampleMs: grant.sampleMs, queue: grant.queue }, "watched");
      const few = whyTooFewKept(grant, subscription.publishMs);
      if (few !== null) troubles.push({ metric: null, sentence: `${metric}: ${few}`, raw: nodeId });
    }
    if (subscription.publishMs !== config.publishMs) {
      log.info(
        { source: name, asked: config.publishMs, given: subscription.publishMs },
        "publishing interval",
      );
    }
    this.#fresh = new Set(entries.keys());
    this.#tell(troubles);
    return { session: link.session, subscription, entries };
  }

  #tell(troubles: Catalogue["troubles"]): void {
    const now = new Set(troubles.map(({ sentence }) => sentence));
    for (const { metric, sentence, raw } of troubles) {
      if (!this.#told.has(sentence)) this.#unreadable(sentence, Buffer.from(raw));
      const bad = metric === null ? null : this.#book.refused({ ...unwatched, metric });
      if (bad !== null) this.#parts.writer.readings([bad]);
    }
    this.#told = now;
  }

  #listen(link: OpcUaLink, { subscription }: Kept): Promise<void> {
    const { writer, clock, config } = this.#parts;
    return subscription.run(link, {
      heard: () => (this.#lastMessageAt = clock.now()),
      values: (said) => {
        this.#messages += 1;
        this.#take(said, null);
      },
      published: (at) => {
        const again = this.#book.repeat(at, config.repeatMs);
        if (again.length > 0) writer.readings(again);
      },
      lost: (reason) => writer.event({ kind: "gap", device: "", at: clock.now(), reason, to: clock.now() }),
      room: () => writer.room(),
    });
  }

  /** Before the first value of a link: where a gap began only the disk knows, and a session that lived on has none. */
  #opened(link: OpcUaLink, { entries }: Kept): void {
    const { writer, clock } = this.#parts;
    const at = clock.now();
    this.#link = link;
    const reason = "the edge was not connected to the server";
    if (!link.resumed) writer.event({ kind: "gap", device: "", at, reason, to: at });
    writer.event({ kind: "birth", device: "", at, metrics: [...entries.keys()] });
  }

  #ended(reason: string, wasUp: boolean): void {
    const { writer, clock, log, name } = this.#parts;
    this.#problem = reason;
    const stale = this.#book.lost();
    if (stale.length > 0) writer.readings(stale);
    if (!wasUp) return;
    log.warn({ source: name, reason }, "the connection to the server ended");
    writer.event({ kind: "death", device: "", at: clock.now(), reason });
  }

  /** Said in an event once for each new reason; the log has every try. */
  #refused(sentence: string): void {
    this.#errors += 1;
    if (this.#refusal === sentence) return;
    this.#refusal = sentence;
    const { writer, clock } = this.#parts;
    writer.event({ kind: "death", device: "", at: clock.now(), reason: sentence });
  }

  /** Reads what variables are now: the echo of a write, or what stayed the same during an outage. */
  async #present(link: OpcUaLink, entries: readonly Entry[]): Promise<void> {
    try {
      for (let start = 0; start < entries.length; start += readBatch) {
        const some = entries.slice(start, start + readBatch);
        const nodes = some.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value }));
        const values = await link.ask(link.session.read(nodes, 0), "the variables' values");
        if (link.over.aborted) return;
        const said: [Entry, DataValue][] = [];
        for (const [i, entry] of some.entries()) {
          const value = values[i];
          if (value !== undefined) said.push([entry, value]);
        }
        this.#take(said, true);
      }
    } catch (error) {
      this.#parts.log.debug({ source: this.#parts.name, reason: String(error) }, "values could not be read");
    }
  }

  /** @param first null = as the subscription has it: the first word of each metric. */
  #take(said: readonly (readonly [Entry, DataValue])[], first: true | null): void {
    const { writer, clock } = this.#parts;
    const readings = [];
    const before = new Map<string, number | undefined>();
    const gaps = new Map<string, { from: number; to: number }>();
    for (const [entry, value] of said) {
      const { metric } = entry;
      if (!before.has(metric)) before.set(metric, this.#book.lastAt(metric));
      const fresh = this.#fresh.delete(metric);
      const heard = this.#book.take(entry, value, first ?? fresh);
      readings.push(...heard.readings);
      if (heard.unreadable !== null) this.#unreadable(heard.unreadable, shown(value));
      const device = metric.slice(0, Math.max(0, metric.indexOf("/")));
      const open = gaps.get(device);
      if (heard.overflow) {
        // Which end of the queue was thrown away is the server's choice: from the value before to the last here.
        const from = Math.min(open?.from ?? heard.at, before.get(metric) ?? heard.at);
        gaps.set(device, { from, to: Math.max(open?.to ?? heard.at, heard.at) });
      }
    }
    for (const [device, { from, to }] of gaps) {
      const reason = "the server's queue was full, and values are lost: raise queue or sampleMs";
      writer.event({ kind: "gap", device, at: clock.now(), reason, from, to });
    }
    if (readings.length > 0) writer.readings(readings);
  }

  #unreadable(reason: string, raw: Uint8Array): void {
    this.#errors += 1;
    const { writer, clock } = this.#parts;
    writer.event({ kind: "unreadable", at: clock.now(), reason, raw: Uint8Array.from(raw) });
  }
}
