import { describe, expect, test } from "vitest";
import { brokers, HandNode, host, up, valuesOf } from "./checklist-testing.ts";
import { datatypes, readValue } from "./values.ts";

describe.each(brokers)("over %s (Mosquitto is skipped where it is not installed)", (_name, build) => {
  test("tck-id-payloads-ncmd-timestamp, -seq, -qos, -retain, tck-id-operational-behavior-data-commands-ncmd-rebirth-verb, -name, -value: a rebirth request is an NCMD named Node Control/Rebirth = true", async () => {
    const broker = await up(build());
    const node = await HandNode.come(broker);
    const before = node.now;
    await host(broker);
    await expect.poll(() => node.commands.length).toBe(1);
    const [command] = node.commands;
    expect(command).toMatchObject({ topic: "spBv1.0/g/NCMD/n", qos: 0, retain: false });
    expect(command?.payload.timestamp).toBeGreaterThanOrEqual(before);
    expect(command?.payload).not.toHaveProperty("seq");
    const [metric] = command?.payload.metrics ?? [];
    expect(metric).toMatchObject({ name: "Node Control/Rebirth", datatype: datatypes.Boolean });
    expect(metric?.raw).toEqual({ in: "boolean", value: true });
    expect(metric).not.toHaveProperty("alias");
  });

  test("tck-id-payloads-dcmd-timestamp, -seq, -qos, -retain, tck-id-operational-behavior-data-commands-dcmd-verb, -metric-name, -metric-value, tck-id-payloads-alias-data-cmd-requirement: DCMD carries the alias of the birth alone and a value of its type", async () => {
    const broker = await up(build());
    const { driver, sink } = await host(broker);
    const node = await (await HandNode.come(broker)).born(sink);
    await node.say("DBIRTH", "press-3", 3, [
      { name: "Offset", alias: 9, datatype: datatypes.Int16, sayDatatype: true, value: 5 },
      { name: "Speed", datatype: datatypes.Double, sayDatatype: true, value: 1 },
    ]);
    await sink.until(() => valuesOf(sink, "press-3/Speed").length === 1);
    expect(await driver.write("press-3/Offset", -12)).toEqual({ result: "accepted" });
    expect(await driver.write("press-3/Speed", 2.5)).toEqual({ result: "accepted" });
    const orders = () => node.commands.filter(({ topic }) => topic === "spBv1.0/g/DCMD/n/press-3");
    await expect.poll(() => orders().length).toBe(2);
    for (const { payload, qos, retain } of orders()) {
      expect({ qos, retain }).toEqual({ qos: 0, retain: false });
      expect(payload.timestamp).toBeGreaterThanOrEqual(node.now);
      expect(payload).not.toHaveProperty("seq");
      expect(payload.metrics).toHaveLength(1);
    }
    const [aliased, named] = orders().map(({ payload }) => payload.metrics[0]);
    expect(aliased).toMatchObject({ alias: 9, datatype: datatypes.Int16 });
    expect(aliased).not.toHaveProperty("name");
    expect(aliased?.raw && readValue(datatypes.Int16, aliased.raw)).toBe(-12);
    expect(named).toMatchObject({ name: "Speed", raw: { in: "double", value: 2.5 } });
  });

  test("tck-id-operational-behavior-data-commands-ncmd-verb, -metric-name, -metric-value: a metric of the node itself is written by NCMD", async () => {
    const broker = await up(build());
    const { driver, sink } = await host(broker);
    const node = await (await HandNode.come(broker)).born(sink);
    expect(await driver.write("Uptime", 0)).toEqual({ result: "accepted" });
    await expect.poll(() => node.commands.at(-1)?.payload.metrics[0]).toMatchObject({ alias: 100 });
    expect(node.commands.at(-1)).toMatchObject({ topic: "spBv1.0/g/NCMD/n", qos: 0, retain: false });
  });

  test("a command of a type that its birth did not say is refused and not sent", async () => {
    const broker = await up(build());
    const { driver, sink } = await host(broker);
    const node = await (await HandNode.come(broker)).born(sink);
    const before = node.commands.length;
    for (const [metric, value] of [
      ["Uptime", 1.5],
      ["Uptime", 2 ** 31],
      ["press-1/Melt", "hot"],
      ["press-1/melt", 1],
    ] as const)
      expect(await driver.write(metric, value)).toMatchObject({ result: "refused" });
    expect(await driver.write("press-1/Melt", 231)).toEqual({ result: "accepted" });
    await expect.poll(() => node.commands.length).toBe(before + 1);
  });

  test("trap: a DCMD of QoS 0 can vanish: accepted says that the broker took it, nothing is repeated, and only a later DDATA shows that the machine obeyed", async () => {
    const broker = await up(build());
    const { driver, sink } = await host(broker);
    const node = await (await HandNode.come(broker)).born(sink);
    await node.client.endAsync(true);
    // Nobody listens any more, and no death was said.
    expect(await driver.write("press-1/Melt", 225)).toEqual({ result: "accepted" });
    expect(valuesOf(sink, "press-1/Melt")).toEqual([230]);
    const back = await HandNode.come(broker);
    await back.nodeBirth(0, 8);
    await back.deviceBirth("press-1", 1, 1);
    await back.data("press-1", 2, 1, 225);
    await sink.until(() => valuesOf(sink, "press-1/Melt").includes(225));
    expect(back.commands).toEqual([]);
  });
});
