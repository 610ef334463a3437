import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Driver, DriverHealth, DriverSink, WriteResult } from "../driver.contract.ts";
import type { EdgeFiles } from "../edge-files.ts";
import { SinkWriter } from "../sink-writer.ts";
import { OpcUaConfig } from "./opcua.contract.ts";
import type { OpcUaSource } from "./source.ts";

export interface OpcUaDriverOptions {
  /** Code of the source. */
  readonly source: string;
  /** `config` of the source; parsed with `OpcUaConfig`. */
  readonly config: unknown;
  /** Folder of the edge's certificate, made there when it is first needed. */
  readonly folder: string;
  /** The edge's code, which stands in that certificate. */
  readonly hostId: string;
  /** Where the files lie that the config names. */
  readonly files: EdgeFiles;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Client of one OPC UA server: watches variables with a subscription, writes set-points or calls methods. Readings
 * carry the server's source timestamp. A lost link goes on with the server's own queue as long as it keeps it
 * (`keepMs`), without a gap; after that, or a restart of the server, a gap is marked.
 * @throws ZodError when the config is wrong
 */
export function createOpcUaDriver(options: OpcUaDriverOptions): Driver {
  return new OpcUaDriver(options);
}

class OpcUaDriver implements Driver {
  readonly name: string;
  readonly #options: OpcUaDriverOptions;
  readonly #config: OpcUaConfig;
  readonly #abort = new AbortController();
  #writer: SinkWriter | null = null;
  #source: OpcUaSource | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: OpcUaDriverOptions) {
    this.#options = options;
    this.name = `opcua ${options.source}`;
    this.#config = OpcUaConfig.parse(options.config);
  }

  /** Returns at once; the connection is made, and made again, in the background until `stop`. */
  start(sink: DriverSink, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    this.#writer = new SinkWriter(sink, clock, log);
    if (signal.aborted) this.#abort.abort();
    signal.addEventListener("abort", () => this.#abort.abort(), { once: true });
    this.#running = this.#run(this.#writer);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await this.#writer?.drained();
  }

  health(): DriverHealth {
    const health = this.#source?.health();
    return {
      connected: health?.connected ?? false,
      lastMessageAt: health?.lastMessageAt ?? null,
      messages: health?.messages ?? 0,
      errors: (health?.errors ?? 0) + (this.#writer?.errors ?? 0),
      problem: health?.problem ?? null,
      certificates: health?.certificates ?? null,
    };
  }

  write(metric: string, value: number | string | boolean): Promise<WriteResult> {
    if (this.#source !== null && !this.#abort.signal.aborted) return this.#source.write(metric, value);
    return Promise.resolve({ result: "refused", reason: "the server is not connected" });
  }

  async #run(writer: SinkWriter): Promise<void> {
    // Only an edge with such a source carries the library: it costs half a second and some 60 MB.
    const { OpcUaSource } = await import("./source.ts");
    const { folder, hostId, files, clock, log } = this.#options;
    this.#source = new OpcUaSource({
      name: this.name,
      config: this.#config,
      folder,
      hostId,
      files,
      clock,
      log,
      writer,
    });
    await this.#source.run(this.#abort.signal);
  }
}
