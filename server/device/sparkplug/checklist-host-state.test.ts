import type { Aedes, ConnectPacket } from "aedes";
import { connectAsync } from "mqtt";
import { describe, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { AedesBroker } from "../mqtt/testing.ts";
import { brokers, HandNode, has, host, listener, stateTopic, up, valuesOf } from "./checklist-testing.ts";
import { quality } from "../tag.contract.ts";
import { hostApplicationId } from "./driver.ts";

interface State {
  online: boolean;
  timestamp: number;
}
const parse = (bytes: Uint8Array | undefined) => JSON.parse(Buffer.from(bytes ?? []).toString()) as State;

const isHost = (clientId: string | undefined) => clientId?.startsWith("millwright-") ?? false;

/** A broker that notes what the host sends it, in order: CONNECT, subscriptions, publications, DISCONNECT. */
function notary() {
  const connects: ConnectPacket[] = [];
  const order: string[] = [];
  const broker = new AedesBroker((aedes: Aedes) => {
    aedes.preConnect = (_client, packet, done) => {
      if (isHost(packet.clientId)) connects.push(packet);
      done(null, true);
    };
    aedes.authorizeSubscribe = (client, subscription, done) => {
      if (isHost(client?.id)) order.push(`SUBSCRIBE ${subscription.topic}`);
      done(null, subscription);
    };
    aedes.authorizePublish = (client, packet, done) => {
      if (isHost(client?.id)) order.push(`PUBLISH ${packet.topic} ${packet.qos}`);
      done(null);
    };
  });
  return { broker, connects, order };
}

test("tck-id-operational-behavior-host-application-host-id: two nodes of one name in two groups have a host id each", async () => {
  expect(hostApplicationId("edge-1", "g", "n")).not.toBe(hostApplicationId("edge-1", "h", "n"));
  const { broker, connects } = notary();
  await up(broker);
  const states = await listener(broker, "spBv1.0/STATE/+");
  const first = await host(broker);
  const second = await host(broker, { group: "h" });
  expect(new Set(connects.map(({ clientId }) => clientId)).size).toBe(2);
  // One that goes takes the other neither offline nor off the broker.
  await second.driver.stop();
  await expect.poll(() => states.filter(({ bytes }) => !parse(bytes).online).length).toBe(1);
  expect(first.driver.health().connected).toBe(true);
  expect(states.filter(({ topic }) => topic === stateTopic).map(({ bytes }) => parse(bytes).online)).toEqual([
    true,
  ]);
});

test("tck-id-host-topic-phid-death-payload, -qos, -retain, -topic, tck-id-message-flow-phid-sparkplug-clean-session-311: CONNECT brings the will, exactly as written, and no session", async () => {
  const { broker, connects } = notary();
  await up(broker);
  const before = systemClock.now();
  await host(broker);
  const [packet] = connects;
  expect(packet).toMatchObject({ clean: true, will: { topic: stateTopic, qos: 1, retain: true } });
  const payload = packet?.will?.payload.toString() ?? "";
  const { timestamp } = JSON.parse(payload) as State;
  expect(payload).toBe(`{"online":false,"timestamp":${timestamp}}`);
  expect(timestamp).toBeGreaterThanOrEqual(before);
  expect(timestamp).toBeLessThanOrEqual(systemClock.now());
});

test("tck-id-message-flow-phid-sparkplug-subscription, tck-id-host-topic-phid-birth-sub-required, -required: own STATE and the node's topics are subscribed first, and the first publication is STATE", async () => {
  const { broker, order } = notary();
  await up(broker);
  await host(broker);
  const published = order.findIndex((line) => line.startsWith("PUBLISH"));
  expect(order[published]).toBe(`PUBLISH ${stateTopic} 1`);
  const n = ["NBIRTH", "NDATA", "NDEATH"].map((type) => `SUBSCRIBE spBv1.0/g/${type}/n`);
  const d = ["DBIRTH", "DDATA", "DDEATH"].map((type) => `SUBSCRIBE spBv1.0/g/${type}/n/+`);
  expect(new Set(order.slice(0, published))).toEqual(new Set([`SUBSCRIBE ${stateTopic}`, ...n, ...d]));
});

test("trap: no shared subscription, which would break the order of a node", async () => {
  const { broker, order } = notary();
  await up(broker);
  await host(broker);
  expect(order.filter((line) => line.includes("$share"))).toEqual([]);
  expect(order.filter((line) => line.startsWith("SUBSCRIBE")).length).toBeGreaterThan(6);
});

test("tck-id-host-topic-phid-birth-payload-timestamp, tck-id-message-flow-phid-sparkplug-state-publish-payload-timestamp: STATE is born with the timestamp of its own will, and a new connection has a new one for both", async () => {
  const { broker, connects } = notary();
  await up(broker);
  const states = await listener(broker, stateTopic);
  const { driver } = await host(broker);
  await expect.poll(() => states.length).toBe(1);
  const willOf = (n: number) => parse(connects[n]?.will?.payload as Buffer).timestamp;
  expect(states[0]?.bytes.toString()).toBe(`{"online":true,"timestamp":${willOf(0)}}`);
  // Whoever takes its client id (and is noted for it) throws it off the broker; it comes back by itself.
  const thief = await connectAsync(broker.url, {
    clientId: `millwright-${hostApplicationId("edge-1", "g", "n")}`,
    reconnectPeriod: 0,
  });
  await expect.poll(() => states.length, { timeout: 4000 }).toBe(3);
  thief.end(true);
  expect(states[1]?.bytes.toString()).toBe(`{"online":false,"timestamp":${willOf(0)}}`);
  expect(willOf(2)).toBeGreaterThan(willOf(0));
  expect(states[2]?.bytes.toString()).toBe(`{"online":true,"timestamp":${willOf(2)}}`);
  await expect.poll(() => driver.health().connected).toBe(true);
});

describe.each(brokers)("over %s (Mosquitto is skipped where it is not installed)", (_name, build) => {
  test("tck-id-host-topic-phid-birth-payload, -qos, -retain, -topic: the birth on STATE is retained JSON of QoS 1", async () => {
    const broker = await up(build());
    const early = await listener(broker, stateTopic);
    await host(broker);
    await expect.poll(() => early.length).toBe(1);
    expect(early[0]).toMatchObject({ topic: stateTopic, qos: 1 });
    const late = await listener(broker, stateTopic);
    await expect.poll(() => late.map(({ retain }) => retain)).toEqual([true]);
    expect(late[0]?.bytes).toEqual(early[0]?.bytes);
  });

  test("tck-id-message-flow-hid-sparkplug-state-message-delivered: a late will that denies it is answered at once with the same timestamp, however it is written", async () => {
    const broker = await up(build());
    const states = await listener(broker, stateTopic);
    const { driver } = await host(broker);
    await expect.poll(() => states.length).toBe(1);
    const someone = await connectAsync(broker.url);
    for (const denial of ['{"online":false,"timestamp":1}', '{ "timestamp": 2, "online" : false }']) {
      const before = states.length;
      await someone.publishAsync(stateTopic, denial, { qos: 1, retain: true });
      await expect.poll(() => states.length).toBe(before + 2);
      expect(states.at(-1)?.bytes).toEqual(states[0]?.bytes);
    }
    // Its own word, and its own word in another spelling, are not answered: the one who answered would never end.
    const { timestamp } = parse(states[0]?.bytes);
    const before = states.length;
    await someone.publishAsync(stateTopic, `{ "online": true, "timestamp": ${timestamp} }`, { qos: 1 });
    await expect.poll(() => states.length).toBe(before + 1);
    await driver.stop();
    await expect.poll(() => parse(states.at(-1)?.bytes).online).toBe(false);
    expect(states.length).toBe(before + 2);
    await someone.endAsync();
  });

  test("tck-id-host-topic-phid-death-payload-disconnect-clean, tck-id-operational-behavior-host-application-disconnect-intentional: a clean end says offline with the present time, then DISCONNECT, so that no will follows", async () => {
    const broker = await up(build());
    const states = await listener(broker, stateTopic);
    const { driver } = await host(broker);
    await expect.poll(() => states.length).toBe(1);
    const before = systemClock.now();
    await driver.stop();
    await expect.poll(() => states.length).toBe(2);
    const { online, timestamp } = parse(states[1]?.bytes);
    expect(online).toBe(false);
    expect(timestamp).toBeGreaterThanOrEqual(before);
    // A will would have come before the word of somebody who connects now.
    const someone = await connectAsync(broker.url);
    await someone.publishAsync(stateTopic, '{"online":false,"timestamp":3}', { qos: 1 });
    await expect.poll(() => states.length).toBe(3);
    expect(parse(states[2]?.bytes).timestamp).toBe(3);
    await someone.endAsync();
  });

  test("losing the broker makes every metric of its nodes stale (host statement of chapter 5)", async () => {
    const broker = await up(build());
    const { sink } = await host(broker);
    await (await HandNode.come(broker)).born(sink);
    await broker.down();
    await sink.until(() => has(sink, "death", "press-2"));
    const stale = sink.stored.filter((r) => r.quality === quality.stale).map(({ metric }) => metric);
    expect(stale.toSorted()).toEqual(["Uptime", "press-1/Melt", "press-2/Melt"]);
    await broker.up();
  });
});

test("tck-id-operational-behavior-host-application-multi-server-timestamp: on each of two brokers the host has the timestamp of that connection", async () => {
  const [one, two] = [notary(), notary()];
  await up(one.broker);
  await up(two.broker);
  const heard = [await listener(one.broker, stateTopic), await listener(two.broker, stateTopic)];
  await host(one.broker);
  // The clock must be seen to go on between the two connections.
  const began = systemClock.now();
  await expect.poll(() => systemClock.now()).toBeGreaterThan(began);
  await host(two.broker);
  const births = await Promise.all(
    heard.map(async (states) => {
      await expect.poll(() => states.length).toBe(1);
      return parse(states[0]?.bytes).timestamp;
    }),
  );
  const wills = [one, two].map(({ connects }) => parse(connects[0]?.will?.payload as Buffer).timestamp);
  expect(births).toEqual(wills);
  expect(births[0]).not.toBe(births[1]);
});

test("trap: a host of Sparkplug 2.2 on the same broker (STATE/id ONLINE) is detected and told once", async () => {
  const broker = await up(new AedesBroker());
  const old = await connectAsync(broker.url);
  await old.publishAsync("STATE/scada", "ONLINE", { qos: 1, retain: true });
  const { sink } = await host(broker);
  await sink.until(() => has(sink, "unreadable"));
  await old.publishAsync("STATE/scada", "OFFLINE", { qos: 1, retain: true });
  await (await HandNode.come(broker)).born(sink);
  expect(sink.events.filter(({ kind }) => kind === "unreadable")).toMatchObject([
    { reason: expect.stringMatching(/^STATE\/scada says ONLINE: a host application of Sparkplug 2\.2/) },
  ]);
  await old.endAsync();
});

test("a broker that refuses the topic of 2.2 costs the host nothing else", async () => {
  const broker = new AedesBroker((aedes: Aedes) => {
    aedes.authorizeSubscribe = (_client, subscription, done) =>
      done(null, subscription.topic.startsWith("STATE/") ? null : subscription);
  });
  await up(broker);
  const { sink } = await host(broker);
  await (await HandNode.come(broker)).born(sink);
  expect(valuesOf(sink, "press-1/Melt")).toEqual([230]);
});
