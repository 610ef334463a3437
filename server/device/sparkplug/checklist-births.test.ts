import { describe, expect, test } from "vitest";
import { AedesBroker } from "../mqtt/testing.ts";
import { quality } from "../tag.contract.ts";
import { brokers, HandNode, has, host, up, valuesOf } from "./checklist-testing.ts";
import { born, Node, unreadable, values } from "./testing.ts";

const stale = (sink: { stored: readonly { quality: number; metric: string; sourceTime: number }[] }) =>
  sink.stored.filter((r) => r.quality === quality.stale);

describe.each(brokers)("over %s (Mosquitto is skipped where it is not installed)", (_name, build) => {
  test("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-offline, -node-tags-stale, -devices-offline, -devices-tags-stale: a death whose bdSeq is that of the birth takes node and devices offline by the host's clock", async () => {
    const broker = await up(build());
    const { sink } = await host(broker);
    const node = await HandNode.come(broker);
    // The node's own clock is an hour behind: its death has no time of its own, and the host's clock is another.
    node.now -= 3_600_000;
    await node.born(sink);
    await node.nodeDeath(7);
    await sink.until(() => has(sink, "death", "press-2"));
    const deaths = sink.events.flatMap((e) => (e.kind === "death" ? [e] : []));
    expect(deaths.map(({ device }) => device).toSorted()).toEqual(["", "press-1", "press-2"]);
    const marks = stale(sink);
    expect(marks.map(({ metric }) => metric).toSorted()).toEqual(["Uptime", "press-1/Melt", "press-2/Melt"]);
    for (const { sourceTime } of marks) expect(sourceTime).toBeGreaterThan(node.now + 3_590_000);
  });

  test("trap: a late NDEATH with the bdSeq of an earlier birth is ignored, and one that comes twice counts once", async () => {
    const broker = await up(build());
    const { sink } = await host(broker);
    const node = await (await HandNode.come(broker)).born(sink);
    await node.nodeDeath(6);
    await node.data("press-1", 3, 1, 231);
    await sink.until(() => valuesOf(sink, "press-1/Melt").includes(231));
    expect(has(sink, "death")).toBe(false);
    await node.nodeDeath(7);
    await node.nodeDeath(7);
    // What comes after both shows that both were heard.
    await node.nodeBirth(0, 8);
    await sink.until(() => valuesOf(sink, "Uptime").length === 3);
    expect(sink.events.filter(({ kind }) => kind === "death")).toHaveLength(3);
  });

  test("tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-offline, -devices-tags-stale: DDEATH takes one device offline at the payload's time and leaves the others", async () => {
    const broker = await up(build());
    const { sink } = await host(broker);
    const node = await (await HandNode.come(broker)).born(sink);
    node.now += 1234;
    await node.say("DDEATH", "press-1", 3, []);
    await node.data("press-2", 4, 2, 231);
    await sink.until(() => valuesOf(sink, "press-2/Melt").includes(231));
    expect(stale(sink)).toMatchObject([{ metric: "press-1/Melt", sourceTime: node.now }]);
    expect(sink.events.filter(({ kind }) => kind === "death")).toMatchObject([{ device: "press-1" }]);
  });

  test("trap: one alias table per edge node (tck-id-payloads-alias-uniqueness): an alias that a second device claims is refused and moves no value to the wrong machine", async () => {
    const broker = await up(build());
    const { sink } = await host(broker);
    const node = await (await HandNode.come(broker)).born(sink);
    await node.deviceBirth("press-3", 3, 1);
    await node.data("press-1", 4, 1, 240);
    await sink.until(() => valuesOf(sink, "press-1/Melt").includes(240));
    expect(valuesOf(sink, "press-3/Melt")).toEqual([]);
    expect(has(sink, "unreadable")).toBe(true);
  });

  test("trap: an alias that changes its meaning with a new NBIRTH names the new metric only", async () => {
    const broker = await up(build());
    const { sink } = await host(broker);
    const node = await (await HandNode.come(broker)).born(sink);
    await node.nodeBirth(0, 8);
    await node.deviceBirth("press-2", 1, 1);
    await node.data("press-2", 2, 1, 50);
    await node.data("press-2", 3, 2, 60);
    await sink.until(() => has(sink, "unreadable"));
    expect(valuesOf(sink, "press-2/Melt")).toContain(50);
    expect(valuesOf(sink, "press-2/Melt")).not.toContain(60);
    expect(valuesOf(sink, "press-1/Melt")).not.toContain(50);
  });

  test("trap: births that a Sparkplug-aware broker keeps on $sparkplug/certificates, or that somebody retained, are as of birth: the host asks instead of believing them", async () => {
    const broker = await up(build());
    const node = await HandNode.come(broker);
    const early: [string, Uint8Array][] = [];
    const record = node.client.publishAsync.bind(node.client);
    node.client.publishAsync = async (topic: string, bytes: Buffer) => {
      early.push([topic, bytes]);
      return undefined;
    };
    await node.nodeBirth();
    await node.deviceBirth("press-1", 1, 1, 111);
    node.client.publishAsync = record;
    for (const [topic, bytes] of early) {
      for (const place of [topic, `$sparkplug/certificates/${topic}`])
        await node.client.publishAsync(place, Buffer.from(bytes), { qos: 1, retain: true }).catch(() => {});
    }
    const { sink } = await host(broker);
    await expect.poll(() => node.asked).toBe(1);
    expect(sink.stored).toEqual([]);
    await node.born(sink);
    expect(valuesOf(sink, "press-1/Melt")).toEqual([230]);
  });
});

test("trap: a burst of births fills the queue and loses nothing: 100 devices of 90 metrics at once", async () => {
  const broker = await up(new AedesBroker());
  const { sink } = await host(broker);
  const node = await HandNode.come(broker);
  await node.nodeBirth();
  const births = Array.from({ length: 100 }, (_, d) =>
    node.say(
      "DBIRTH",
      `m${d}`,
      d + 1,
      Array.from({ length: 90 }, (_v, i) => ({
        name: `v${i}`,
        alias: 1000 + d * 90 + i,
        sayDatatype: true,
        value: i,
      })),
    ),
  );
  await Promise.all(births);
  await sink.until(() => has(sink, "birth", "m99"));
  await expect.poll(() => sink.stored.length).toBe(9001);
});

test("trap: names that differ only by case are a configuration error that is told, for metrics and for devices", () => {
  const node = born();
  const twin = node.send("DBIRTH", "Press-1", 3, [{ name: "Melt", alias: 9, sayDatatype: true, value: 1 }]);
  expect(unreadable(twin)).toBe("the devices press-1 and Press-1 differ only by case");
  expect(values(twin)).toEqual([["Press-1/Melt", 1]]);
  const other = node.send("DBIRTH", "press-4", 4, [
    { name: "Temp", alias: 10, sayDatatype: true, value: 1 },
    { name: "temp", alias: 11, sayDatatype: true, value: 2 },
  ]);
  expect(unreadable(other)).toBe("Temp and temp differ only by case");
});

test("tck-id-payloads-alias: an alias is any uint64, also one made of a hash beyond 2^53", () => {
  const node = born();
  const aliases = [18_446_744_073_709_551_615n, 18_446_744_073_709_551_614n];
  node.send("DBIRTH", "press-3", 3, [
    { name: "A", alias: aliases[0] ?? 0, sayDatatype: true, value: 1 },
    { name: "B", alias: aliases[1] ?? 0, sayDatatype: true, value: 2 },
  ]);
  const data = node.send("DDATA", "press-3", 4, [{ alias: aliases[1] ?? 0, value: 22 }]);
  expect(values(data)).toEqual([["press-3/B", 22]]);
});

test("a machine whose clock runs ahead of the host's is stale from its last value on, never before it", () => {
  const node = born();
  node.data(3, 1, 241, "press-1", { timestamp: node.at.now + 240_000 });
  node.time += 1000;
  const marks = node.nodeDeath().flatMap((e) => (e.do === "readings" ? e.readings : []));
  expect(marks.find(({ metric }) => metric === "press-1/Melt")).toMatchObject({
    value: 241,
    sourceTime: node.at.now - 1000 + 240_000,
  });
});

test("a node that is born the first time has no metrics of an earlier one", () => {
  const node = new Node();
  node.nodeBirth();
  expect(node.session.target("press-1/Melt")).toBeUndefined();
});
