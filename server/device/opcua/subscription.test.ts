import { type DataValue, StatusCodes } from "node-opcua-client";
import { expect, test } from "vitest";
import type { OpcUaLink } from "./link.ts";
import { OpcUaConfig } from "./opcua.contract.ts";
import { maxMissing } from "./sequence.rules.ts";
import { type Item, type Listener, Subscription, SubscriptionGone } from "./subscription.ts";

/** One notification message: its number, and what the first item says in it; nothing = a keep-alive. */
interface Said {
  readonly number: number;
  readonly value?: number;
  readonly status?: true;
}
type Done<T> = (error: Error | null, response?: T) => void;

const item: Item = {
  metric: "m/A",
  nodeId: "ns=1;s=A",
  sampleMs: 10,
  queue: 10,
  every: true,
  deadband: undefined,
};
const messageOf = ({ number, value, status }: Said) => ({
  sequenceNumber: number,
  notificationData: [
    ...(value === undefined ? [] : [{ monitoredItems: [{ clientHandle: 0, value }] }]),
    ...(status === true ? [{ status: StatusCodes.BadTimeout }] : []),
  ],
});

/** A server that answers each publish request with the next line of its script, and keeps some messages for later. */
class ScriptedServer {
  readonly over = new AbortController();
  readonly asked: number[] = [];
  publishes = 0;
  readonly #script: (Said | Error)[];
  readonly #kept: ReadonlyMap<number, Said>;
  readonly #waiting: Done<object>[] = [];
  results = 1;
  /** What it says to whoever asks for a message that it does not keep. */
  gone = "BadMessageNotAvailable";

  constructor(script: readonly (Said | Error)[], kept: readonly Said[] = []) {
    this.#script = [...script];
    this.#kept = new Map(kept.map((said) => [said.number, said]));
  }

  get link(): OpcUaLink {
    const session = {
      createSubscription: async () => ({
        subscriptionId: 7,
        revisedPublishingInterval: 100,
        revisedMaxKeepAliveCount: 100,
      }),
      createMonitoredItems: async () => ({
        results: Array.from({ length: this.results }, () => ({
          statusCode: StatusCodes.Good,
          revisedSamplingInterval: 10,
          revisedQueueSize: 10,
        })),
      }),
      publish: (_request: unknown, done: Done<object>) => {
        this.publishes += 1;
        const next = this.#script.shift();
        if (next === undefined) this.#waiting.push(done);
        else if (next instanceof Error) done(next);
        else done(null, { notificationMessage: messageOf(next), responseHeader: {} });
      },
      republish: (request: { retransmitSequenceNumber: number }, done: Done<object>) => {
        const number = request.retransmitSequenceNumber;
        this.asked.push(number);
        const kept = this.#kept.get(number);
        if (kept === undefined) done(new Error(this.gone));
        else done(null, { notificationMessage: messageOf(kept) });
      },
    };
    return {
      session,
      over: this.over.signal,
      resumed: false,
      ask: <T>(promise: Promise<T>) => promise,
      end: () => undefined,
    } as unknown as OpcUaLink;
  }

  /** The wire is cut: nothing that waits is answered any more. */
  cut(): void {
    this.over.abort();
    for (const done of this.#waiting.splice(0)) done(new Error("closed"));
  }
}

/** Plays the script to its end. @returns what was heard, and what the subscription ended with */
async function play(server: ScriptedServer) {
  const values: unknown[] = [];
  const lost: string[] = [];
  const listener: Listener<Item> = {
    heard: () => undefined,
    published: () => undefined,
    values: (said) => values.push(...said.map(([, value]: readonly [Item, DataValue]) => value)),
    lost: (reason) => lost.push(reason),
    room: () => Promise.resolve(),
  };
  const { subscription } = await Subscription.create(server.link, [item], OpcUaConfig.parse(config));
  const running = subscription.run(server.link, listener).then(
    () => null,
    (error: unknown) => error,
  );
  await new Promise((resolve) => setImmediate(resolve));
  server.cut();
  return { values, lost, end: await running };
}
const config = { url: "opc.tcp://plc:4840", nodes: [{ metric: "m/A", node: "nsu=urn:x;s=A" }] };
const one = (number: number): Said => ({ number, value: number });

test("TRAP: a message that is missing between two is asked for again, and what they say keeps its order", async () => {
  const server = new ScriptedServer([one(1), one(4)], [one(2), one(3)]);
  expect(await play(server)).toMatchObject({ values: [1, 2, 3, 4], lost: [], end: null });
  expect(server.asked).toEqual([2, 3]);
});

test("TRAP: a message that the server has no more is lost, and that is told", async () => {
  const server = new ScriptedServer([one(1), one(4)], [one(3)]);
  const { values, lost } = await play(server);
  expect(values).toEqual([1, 3, 4]);
  expect(lost).toEqual(["1 messages of the server were lost, and it has them no more"]);
});

test("a keep-alive says which message comes next: it is none itself, and shows that one is missing", async () => {
  const quiet = new ScriptedServer([one(1), { number: 2 }, one(2)]);
  expect(await play(quiet)).toMatchObject({ values: [1, 2], lost: [] });
  expect(quiet.asked).toEqual([]);
  const late = new ScriptedServer([one(1), { number: 3 }], [one(2)]);
  expect(await play(late)).toMatchObject({ values: [1, 2], lost: [] });
});

test("a message that comes again says nothing new", async () => {
  expect((await play(new ScriptedServer([one(1), one(2), one(1), one(2), one(3)]))).values).toEqual([
    1, 2, 3,
  ]);
});

test("of very many missing messages only the newest are asked for, and all that are gone are told", async () => {
  const server = new ScriptedServer([one(1), one(maxMissing + 500)]);
  const { lost } = await play(server);
  expect(server.asked).toHaveLength(maxMissing);
  expect(lost).toEqual([`${maxMissing + 498} messages of the server were lost, and it has them no more`]);
});

test("a server that wants fewer requests gets fewer, and one that was slow is asked again", async () => {
  const tooMany = new ScriptedServer([new Error("BadTooManyPublishRequests"), one(1), one(2)]);
  expect(await play(tooMany)).toMatchObject({ values: [1, 2], end: null });
  expect(tooMany.publishes).toBe(4);
  const slow = new ScriptedServer([new Error("BadTimeout"), one(1)]);
  expect(await play(slow)).toMatchObject({ values: [1], end: null });
});

test.each(["BadNoSubscription", "BadSubscriptionIdInvalid", "BadSessionIdInvalid"])(
  "TRAP: a server that forgot the subscription says %s, and a new one is made",
  async (status) => {
    const { end } = await play(new ScriptedServer([one(1), new Error(status)]));
    expect(end).toBeInstanceOf(SubscriptionGone);
    const asked = new ScriptedServer([one(1), one(3)]);
    asked.gone = status;
    expect((await play(asked)).end).toBeInstanceOf(SubscriptionGone);
  },
);

test("a server that ends the subscription by itself is believed, and any other fault ends the link", async () => {
  const ended = await play(new ScriptedServer([one(1), { number: 2, status: true }]));
  expect(ended.end).toBeInstanceOf(SubscriptionGone);
  const other = await play(new ScriptedServer([new Error("BadInternalError")]));
  expect(other.end).toMatchObject({ message: "BadInternalError" });
  expect(other.end).not.toBeInstanceOf(SubscriptionGone);
});

test("a server that answers for fewer variables than were asked is no server to rely on", async () => {
  const server = new ScriptedServer([]);
  server.results = 0;
  await expect(play(server)).rejects.toThrow(/fewer variables/);
});
