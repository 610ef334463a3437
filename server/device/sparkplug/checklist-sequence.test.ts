import { describe, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { AedesBroker } from "../mqtt/testing.ts";
import { brokers, HandNode, host, listener, up, valuesOf } from "./checklist-testing.ts";
import { NodeSession } from "./session.ts";
import { SparkplugConfig } from "./sparkplug.contract.ts";
import { asks, Node, t0 } from "./testing.ts";

describe.each(brokers)("over %s (Mosquitto is skipped where it is not installed)", (_name, build) => {
  test("tck-id-operational-behavior-host-reordering-start, -rebirth: a gap in the sequence starts the timer, and when it ends the node is asked for a rebirth by NCMD", async () => {
    const broker = await up(build());
    const { sink } = await host(broker, { reorderMs: 150 });
    const node = await (await HandNode.come(broker)).born(sink);
    const askedBefore = node.asked;
    const began = systemClock.monotonic();
    await node.data("press-1", 4, 1, 999);
    await expect.poll(() => node.asked, { interval: 2 }).toBe(askedBefore + 1);
    expect(systemClock.monotonic() - began).toBeGreaterThanOrEqual(150);
    expect(valuesOf(sink, "press-1/Melt")).not.toContain(999);
    expect(sink.events).toContainEqual(
      expect.objectContaining({ kind: "gap", reason: "message 3 is missing" }),
    );
    // The answer puts things right, and the sequence begins anew.
    await node.nodeBirth();
    await node.deviceBirth("press-1", 1, 1, 250);
    await node.data("press-1", 2, 1, 251);
    await sink.until(() => valuesOf(sink, "press-1/Melt").includes(251));
  });

  test("tck-id-operational-behavior-host-reordering-success: the missing message arrives in time, both are taken in order, nobody is asked", async () => {
    const broker = await up(build());
    const { sink } = await host(broker, { reorderMs: 5000 });
    const node = await (await HandNode.come(broker)).born(sink);
    const askedBefore = node.asked;
    await node.data("press-1", 5, 1, 3);
    await node.data("press-1", 4, 1, 2);
    await node.data("press-1", 3, 1, 1);
    await sink.until(() => valuesOf(sink, "press-1/Melt").length === 4);
    expect(valuesOf(sink, "press-1/Melt")).toEqual([230, 1, 2, 3]);
    await node.data("press-1", 6, 1, 4);
    await sink.until(() => valuesOf(sink, "press-1/Melt").includes(4));
    expect(node.asked).toBe(askedBefore);
    expect(sink.events.filter(({ kind, ...e }) => kind === "gap" && "from" in e)).toEqual([]);
  });

  test("trap: one sequence for the whole edge node, which wraps from 255 to 0 (tck-id-payloads-sequence-num-incrementing)", async () => {
    const broker = await up(build());
    const { sink } = await host(broker);
    const node = await (await HandNode.come(broker)).born(sink);
    for (let seq = 3; seq < 520; seq++) {
      const [device, alias] = seq % 2 === 0 ? (["press-1", 1] as const) : (["press-2", 2] as const);
      await node.data(device, seq & 255, alias, seq);
    }
    await sink.until(() => valuesOf(sink, "press-2/Melt").includes(519));
    expect(valuesOf(sink, "press-1/Melt")).toHaveLength(259);
    expect(sink.events.filter((e) => e.kind === "gap" && e.from !== undefined)).toEqual([]);
  });

  test("a rebirth is asked for on data before NBIRTH", async () => {
    const broker = await up(build());
    const asked = await listener(broker, "spBv1.0/g/NCMD/n");
    const { sink } = await host(broker, { rebirthMinMs: 20 });
    // The host asks once when it comes.
    await expect.poll(() => asked.length).toBe(1);
    const node = await HandNode.come(broker);
    await node.data("press-1", 9, 1, 230);
    await expect.poll(() => asked.length).toBe(2);
    expect(sink.stored).toEqual([]);
  });

  test.each([
    ["an unknown alias", (node: HandNode) => node.data("press-1", 3, 77, 1)],
    [
      "an unknown metric",
      (node: HandNode) => node.say("DDATA", "press-1", 3, [{ name: "Nobody", value: 1 }]),
    ],
    ["a device that was never born", (node: HandNode) => node.data("press-9", 3, 1, 1)],
    ["an unparsable payload", (node: HandNode) => node.raw("DDATA", "press-1", Buffer.from("hello"))],
    [
      "a message without a sequence number",
      (node: HandNode) => node.say("DDATA", "press-1", null, [{ alias: 1 }]),
    ],
  ])("a rebirth is asked for on %s", async (_what, offend) => {
    const broker = await up(build());
    const node = await HandNode.come(broker);
    const { sink } = await host(broker);
    // Whoever connects late asks once; that request is not the one of this test.
    await expect.poll(() => node.asked).toBe(1);
    await node.born(sink);
    await offend(node);
    await expect.poll(() => node.asked).toBe(2);
  });
});

test("tck-id-operational-behavior-host-reordering-param: the reorder timeout is a setting, 2 s when nothing is said, and 0 asks at once", async () => {
  expect(SparkplugConfig.parse({ group: "g", node: "n" }).reorderMs).toBe(2000);
  const broker = await up(new AedesBroker());
  const { sink } = await host(broker, { reorderMs: 0, rebirthJitterMs: 0, rebirthMinMs: 10 });
  const node = await (await HandNode.come(broker)).born(sink);
  await node.data("press-1", 4, 1, 1);
  await sink.until(() => sink.events.some((e) => e.kind === "gap" && e.from !== undefined));
  await expect.poll(() => node.asked).toBeGreaterThan(0);
});

test("tck-id-topics-nbirth-seq-num against tck-id-payloads-nbirth-seq: a birth may begin at any number from 0 to 255", async () => {
  const broker = await up(new AedesBroker());
  const { sink } = await host(broker);
  const node = await HandNode.come(broker);
  await node.nodeBirth(254);
  await node.deviceBirth("press-1", 255, 1);
  await node.data("press-1", 0, 1, 231);
  await sink.until(() => valuesOf(sink, "press-1/Melt").includes(231));
});

test("trap: rebirth storm: a host that restarts before 500 nodes asks them spread over the jitter, each once", () => {
  const jitter = 2000;
  const nodes = Array.from({ length: 500 }, (_, i) => {
    const timing = { reorderMs: 2000, rebirthMinMs: 5000, rebirthJitterMs: jitter };
    const session = new NodeSession({ ...timing, random: () => ((i * 7919) % 500) / 500 });
    session.connected({ now: t0, monotonic: 0 });
    return session;
  });
  const perTick: number[] = [];
  for (let at = 0; at < 5000; at += 100) {
    let asked = 0;
    for (const session of nodes) {
      const instant = { now: t0 + at, monotonic: at };
      // Everybody's data come in at once, all the time.
      const payload = { timestamp: t0 + at, seq: 5, metrics: [] };
      session.receive({ type: "DDATA", device: "press-1", payload }, instant);
      asked += session.tick(instant).filter((e) => e.do === "rebirth").length;
    }
    perTick.push(asked);
  }
  expect(perTick.reduce((sum, n) => sum + n, 0)).toBe(500);
  expect(Math.max(...perTick)).toBeLessThanOrEqual(50);
});

test("trap: rebirth storm: a node that does not answer is asked after 5, 10, 20 s and never faster than the setting", () => {
  const node = new Node({ rebirthJitterMs: 0 });
  const asked: number[] = [];
  for (let i = 0; i < 800; i++) {
    node.data(i & 255, 1, i);
    if (asks(node.tick(100))) asked.push(node.time);
  }
  expect(asked.map((at, i) => (i === 0 ? 0 : at - (asked[i - 1] ?? 0)))).toEqual([
    0, 5000, 10_000, 20_000, 40_000,
  ]);
});
