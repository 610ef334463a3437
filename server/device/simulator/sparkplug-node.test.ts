import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Aedes } from "aedes";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { type DecodedPayload, decodePayload, encodePayload } from "../sparkplug/payload.ts";
import { type NodeSample, SparkplugNode, type SparkplugNodeOptions } from "./sparkplug-node.ts";

let url: string;
let ear: MqttClient;
let node: SparkplugNode | undefined;
let close: () => Promise<void>;
/** Everything the node said, in order: type, device, payload. */
let heard: { type: string; device: string; payload: DecodedPayload }[];

beforeEach(async () => {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    aedes.handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  url = `mqtt://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  heard = [];
  ear = await connectAsync(url);
  ear.on("message", (topic, bytes) => {
    const [, , type = "", , device = ""] = topic.split("/");
    heard.push({ type, device, payload: decodePayload(bytes) });
  });
  const types = ["NBIRTH", "NDATA", "NDEATH"].map((type) => `spBv1.0/g/${type}/n`);
  await ear.subscribeAsync([...types, "spBv1.0/g/DBIRTH/n/+", "spBv1.0/g/DDATA/n/+"]);
  close = async () => {
    await ear.endAsync();
    for (const socket of sockets) socket.destroy();
    server.close();
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
  };
});

afterEach(async () => {
  await node?.stop();
  node = undefined;
  await close();
});

const sample = (device: string, at: number, value: number): NodeSample => ({
  device,
  name: "Melt",
  at,
  value,
});

function begin(extra: Partial<SparkplugNodeOptions> = {}): SparkplugNode {
  const metrics = [{ name: "Melt", wire: "Double", unit: "°C" }] as const;
  node = new SparkplugNode({
    url,
    group: "g",
    node: "n",
    devices: new Map([
      ["press-1", metrics],
      ["press-2", metrics],
    ]),
    capacity: 3,
    clock: systemClock,
    log: silentLogger,
    present: (device) => [sample(device, 1, 230)],
    onWrite: () => null,
    onSent: () => {},
    onDropped: () => {},
    ...extra,
  });
  node.start();
  return node;
}

const order = () => heard.map(({ type, device }) => `${type} ${device}`.trim());
const bdSeq = (n: number) => heard[n]?.payload.metrics.find((m) => m.name === "bdSeq")?.raw;
const births = ["NBIRTH", "DBIRTH press-1", "DBIRTH press-2"];

test("tck-id-message-flow-edge-node-birth-publish-nbirth-payload-seq, tck-id-payloads-alias-birth-requirement, tck-id-operational-behavior-data-commands-rebirth-name-aliases: births come first and list every metric with name, alias and datatype; data carry the alias alone", async () => {
  const it = begin();
  await expect.poll(order).toEqual(births);
  it.put([sample("press-1", 2, 231), sample("press-1", 3, 232), sample("press-2", 2, 229)]);
  await expect.poll(order).toEqual([...births, "DDATA press-1", "DDATA press-2"]);
  expect(heard.map(({ payload }) => payload.seq)).toEqual([0, 1, 2, 3, 4]);
  const aliases = heard.slice(1, 3).map(({ payload }) => payload.metrics[0]?.alias);
  expect(new Set(aliases).size).toBe(2);
  const data = heard[3]?.payload.metrics ?? [];
  expect(data.map((m) => [m.alias, m.name, m.datatype, m.timestamp])).toEqual([
    [aliases[0], undefined, undefined, 2],
    [aliases[0], undefined, undefined, 3],
  ]);
  const rebirth = heard[0]?.payload.metrics.find((m) => m.name === "Node Control/Rebirth");
  expect(rebirth?.alias).toBeUndefined();
});

test("tck-id-operational-behavior-data-commands-rebirth-action-1, -2, -3: a rebirth keeps bdSeq and begins the sequence anew; a new connection raises bdSeq", async () => {
  begin();
  await expect.poll(order).toEqual(births);
  const metric = { name: "Node Control/Rebirth", timestamp: 1, datatype: 11, sayDatatype: true, value: true };
  await ear.publishAsync("spBv1.0/g/NCMD/n", Buffer.from(encodePayload({ timestamp: 1, metrics: [metric] })));
  await expect.poll(order).toEqual([...births, ...births]);
  expect(heard[3]?.payload.seq).toBe(0);
  expect(bdSeq(3)).toEqual(bdSeq(0));
  node?.cut();
  await expect.poll(order).toEqual([...births, ...births, "NDEATH", ...births]);
  expect(bdSeq(6)).toEqual(bdSeq(0));
  expect(bdSeq(7)).not.toEqual(bdSeq(0));
});

test("what was taken while the link was down is kept, bounded, and flushed as historical after the births", async () => {
  const dropped: number[] = [];
  const it = begin({ onDropped: (count) => dropped.push(count) });
  await expect.poll(order).toEqual(births);
  it.cut();
  await expect.poll(() => it.born).toBe(false);
  it.put([1, 2, 3, 4].map((at) => sample("press-1", at, at)));
  await expect.poll(order).toEqual([...births, "NDEATH", ...births, "DDATA press-1"]);
  const flushed = heard.at(-1)?.payload.metrics ?? [];
  expect(flushed.map((m) => [m.timestamp, m.isHistorical])).toEqual([
    [2, true],
    [3, true],
    [4, true],
  ]);
  expect(dropped).toEqual([1]);
});

test("tck-id-message-flow-edge-node-birth-publish-phid-wait, tck-id-operational-behavior-edge-node-termination-host-offline, -timestamp: with a primary host the node is born when the host is online, dies when it goes, and ignores a late will", async () => {
  const host = "spBv1.0/STATE/edge-1.n";
  const say = (online: boolean, timestamp: number) =>
    ear.publishAsync(host, JSON.stringify({ online, timestamp }), { qos: 1, retain: true });
  const it = begin({ primaryHost: "edge-1.n" });
  await say(true, 100);
  await expect.poll(order).toEqual(births);
  await say(false, 50);
  await say(false, 100);
  await expect.poll(order).toEqual([...births, "NDEATH"]);
  expect(bdSeq(3)).toEqual(bdSeq(0));
  it.put([sample("press-1", 7, 7)]);
  await say(true, 200);
  await expect.poll(order).toEqual([...births, "NDEATH", ...births, "DDATA press-1"]);
});

test("tck-id-operational-behavior-data-commands-ncmd-rebirth-value: a command Node Control/Rebirth = false is no request", async () => {
  const written: unknown[] = [];
  begin({
    onWrite: (...what) => {
      written.push(what);
      return null;
    },
  });
  await expect.poll(order).toEqual(births);
  const metric = {
    name: "Node Control/Rebirth",
    timestamp: 1,
    datatype: 11,
    sayDatatype: true,
    value: false,
  };
  await ear.publishAsync("spBv1.0/g/NCMD/n", Buffer.from(encodePayload({ timestamp: 1, metrics: [metric] })));
  const set = { name: "Melt", timestamp: 1, datatype: 10, sayDatatype: true, value: 231 };
  const dcmd = Buffer.from(encodePayload({ timestamp: 1, metrics: [set] }));
  await ear.publishAsync("spBv1.0/g/DCMD/n/press-1", dcmd);
  // The second command was heard, so the first was too.
  await expect.poll(() => written).toEqual([["press-1", "Melt", 231]]);
  node?.put([sample("press-2", 2, 5)]);
  await expect.poll(order).toEqual([...births, "DDATA press-2"]);
});

test("trap: v2.2 against v3: a node that waits for its host takes the text ONLINE for no word of 3.0", async () => {
  const host = "spBv1.0/STATE/edge-1.n";
  begin({ primaryHost: "edge-1.n" });
  await ear.publishAsync("STATE/edge-1.n", "ONLINE", { qos: 1, retain: true });
  await ear.publishAsync(host, "ONLINE", { qos: 1, retain: true });
  await ear.publishAsync(host, '{"online":true,"timestamp":5}', { qos: 1, retain: true });
  await expect.poll(order).toEqual(births);
});

test("an unreadable command does not disturb the node", async () => {
  const it = begin();
  await expect.poll(order).toEqual(births);
  await ear.publishAsync("spBv1.0/g/DCMD/n/press-1", Buffer.from("stop!"));
  await ear.publishAsync("spBv1.0/g/NCMD/n", Buffer.alloc(300_000));
  it.put([sample("press-2", 2, 5)]);
  await expect.poll(order).toEqual([...births, "DDATA press-2"]);
});
