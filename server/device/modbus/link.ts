import { connect, type Socket } from "node:net";

/** Why a request has no answer. `sent` = it was on its way already: the device may have done it. */
export class LinkLost extends Error {
  readonly sent: boolean;

  constructor(reason: string, sent: boolean) {
    super(reason);
    this.sent = sent;
  }
}

/** How a connection ended. `raw` = what the device said last, when nobody could make sense of it. */
export interface LinkEnd {
  readonly reason: string;
  readonly raw: Uint8Array | null;
}

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  readonly unit: number;
  /** For the connection and for each answer, ms. */
  readonly timeoutMs: number;
}

interface Request {
  readonly pdu: Buffer;
  readonly answered: (pdu: Buffer) => void;
  readonly failed: (error: LinkLost) => void;
}

/** Transaction id, protocol, length: what stands before the unit and the PDU. */
const headerBytes = 6;
/** A PDU has at most 253 bytes; the length counts the unit too. */
const maxLength = 254;

/**
 * One Modbus TCP connection with one request on it at a time: many devices have room for one only, and a slow one
 * must not be buried. Whatever is not the answer to that request ends the connection, because after it no answer
 * could be trusted to belong to its question.
 */
export class ModbusLink {
  readonly #options: LinkOptions;
  readonly #socket: Socket;
  readonly #over = new AbortController();
  readonly #urgent: Request[] = [];
  readonly #waiting: Request[] = [];
  #current: Request | null = null;
  #timer: NodeJS.Timeout | undefined;
  #heard: Buffer = Buffer.alloc(0);
  #transaction = 0;
  #end: (end: LinkEnd) => void = () => {};
  readonly ended: Promise<LinkEnd>;

  /** @throws Error when there is no connection within `timeoutMs`, or `signal` aborts. */
  static async connect(options: LinkOptions, signal: AbortSignal): Promise<ModbusLink> {
    const { host, port, timeoutMs } = options;
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    await new Promise<void>((resolve, reject) => {
      const late = (): void => void socket.destroy(new Error(`no connection within ${timeoutMs} ms`));
      if (limit.aborted) late();
      limit.addEventListener("abort", late, { once: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        limit.removeEventListener("abort", late);
        socket.removeListener("error", reject);
        resolve();
      });
    });
    return new ModbusLink(options, socket);
  }

  private constructor(options: LinkOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    socket.on("data", (chunk) => this.#data(chunk));
    socket.on("error", (error) => this.end(error.message || "the connection broke"));
    socket.on("close", () => this.end("the device closed the connection"));
  }

  /** Aborts when the connection is over. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * Sends a PDU when its turn comes and resolves with the answer's.
   * @param urgent goes before all that is not, in the order in which it came
   * @throws LinkLost
   */
  request(pdu: Buffer, urgent = false): Promise<Buffer> {
    if (this.over.aborted) return Promise.reject(new LinkLost("the connection is over", false));
    return new Promise((answered, failed) => {
      const request = { pdu, answered, failed };
      (urgent ? this.#urgent : this.#waiting).push(request);
      this.#next();
    });
  }

  end(reason: string, raw: Uint8Array | null = null): void {
    if (this.over.aborted) return;
    clearTimeout(this.#timer);
    this.#over.abort();
    this.#socket.destroy();
    this.#current?.failed(new LinkLost(reason, true));
    this.#current = null;
    for (const { failed } of [...this.#urgent.splice(0), ...this.#waiting.splice(0)])
      failed(new LinkLost(reason, false));
    this.#end({ reason, raw });
  }

  #next(): void {
    if (this.#current !== null) return;
    const request = this.#urgent.shift() ?? this.#waiting.shift();
    if (request === undefined) return;
    this.#current = request;
    this.#transaction = (this.#transaction + 1) % 0x1_0000;
    const header = Buffer.alloc(headerBytes + 1);
    header.writeUInt16BE(this.#transaction, 0);
    header.writeUInt16BE(request.pdu.length + 1, 4);
    header.writeUInt8(this.#options.unit, 6);
    const { timeoutMs } = this.#options;
    this.#timer = setTimeout(() => {
      // A late answer would be taken for that of the next request: a new connection is the only clean start.
      if (this.#heard.length === 0) this.end(`the device did not answer within ${timeoutMs} ms`);
      else this.end(`an answer broke off after ${this.#heard.length} bytes`, this.#heard);
    }, timeoutMs);
    this.#socket.write(Buffer.concat([header, request.pdu]));
  }

  #data(chunk: Buffer): void {
    if (this.over.aborted) return;
    const current = this.#current;
    if (current === null) return this.end("the device spoke without being asked", chunk);
    this.#heard = this.#heard.length === 0 ? chunk : Buffer.concat([this.#heard, chunk]);
    const heard = this.#heard;
    if (heard.length < headerBytes + 1) return;
    const length = heard.readUInt16BE(4);
    const wrong = this.#whyNotTheAnswer(heard, length);
    if (wrong !== null) return this.end(wrong, heard.subarray(0, headerBytes + maxLength));
    if (heard.length < headerBytes + length) return;
    clearTimeout(this.#timer);
    this.#heard = Buffer.alloc(0);
    this.#current = null;
    current.answered(heard.subarray(headerBytes + 1));
    this.#next();
  }

  #whyNotTheAnswer(heard: Buffer, length: number): string | null {
    const transaction = heard.readUInt16BE(0);
    const protocol = heard.readUInt16BE(2);
    const unit = heard.readUInt8(headerBytes);
    if (protocol !== 0) return `this is not Modbus: protocol ${protocol}`;
    if (length < 3 || length > maxLength) return `a frame says that it is ${length} bytes long`;
    if (transaction !== this.#transaction) {
      return `transaction ${transaction} was answered, ${this.#transaction} was asked`;
    }
    if (unit !== this.#options.unit) return `unit ${unit} answered, ${this.#options.unit} was asked`;
    if (heard.length > headerBytes + length) return "more came than the answer";
    return null;
  }
}
