import { describe, expect, test } from "vitest";
import { prepareMappings } from "./mapping.ts";
import { MqttConfig, type MqttConfigInput } from "./mqtt.contract.ts";
import { begun, brokers, brought, kinds, person, plain, say, silent, started } from "./testing-source.ts";
import { writeOf } from "./write.ts";

describe.each(brokers)("with $name", ({ there, build }) => {
  test.runIf(there)(
    "a write goes out once with QoS 1, is not kept by the broker, and the payload is as the mapping says",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const heard: string[] = [];
      client.on("message", (topic, payload, { qos, retain }) =>
        heard.push(`${topic} ${payload.toString()} qos ${qos} retain ${retain}`),
      );
      await client.subscribeAsync("command/#", { qos: 1 });
      const { driver, sink } = await started(broker);
      await say(client, "plant/m/Set", '{"v":1}');
      await sink.until(() => sink.said("m/Set").length === 1);
      expect(await driver.write("m/Set", '2"x')).toEqual({ result: "accepted" });
      await expect
        .poll(() => heard)
        .toEqual([expect.stringMatching(/^command\/m\/Set \{"v":"2\\"x","at":\d{13}\} qos 1 retain false$/)]);
      const late = await person(broker);
      const kept: string[] = [];
      late.on("message", (topic) => kept.push(topic));
      await late.subscribeAsync("command/#", { qos: 1 });
      await say(late, "command/end", "");
      await expect.poll(() => kept).toEqual(["command/end"]);
    },
  );

  test.runIf(there)(
    "a metric nobody said, one without a topic to write to, and a name that would choose its topic are refused",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const keys: MqttConfigInput["mappings"][number] = {
        filter: "keys/+",
        payload: "json",
        values: ["$.*"],
        name: "{2}:{key}",
        write: { topic: "command/{key}" },
      };
      const { driver, sink } = await started(broker, {
        mappings: [keys, { filter: "read/+", payload: "number" }],
      });
      await say(client, "keys/m", '{"fine":1,"other/machine":1,"+":1,"#":1}');
      await say(client, "read/only", "1");
      await sink.until(() => sink.said("read/only").length === 1);
      expect(await driver.write("m:fine", 1)).toEqual({ result: "accepted" });
      for (const key of ["other/machine", "+", "#"]) {
        const reason = expect.stringContaining("cannot stand in a topic");
        expect(await driver.write(`m:${key}`, 1)).toEqual({ result: "refused", reason });
      }
      const no = async (metric: string, value: number) =>
        (await driver.write(metric, value)) as { reason?: string };
      expect((await no("read/only", 1)).reason).toContain("names no topic");
      expect((await no("m:nothing", 1)).reason).toContain("nobody ever said");
      expect((await no("m:fine", Number.POSITIVE_INFINITY)).reason).toContain("finite");
    },
  );

  test.runIf(there)("a name from the wire does not end the text it stands in", async () => {
    const broker = await brought(build());
    const client = await person(broker);
    const heard: unknown[] = [];
    client.on("message", (_topic, payload) => heard.push(JSON.parse(payload.toString())));
    await client.subscribeAsync("command/#", { qos: 1 });
    const keys: MqttConfigInput["mappings"][number] = {
      filter: "keys/+",
      payload: "json",
      values: ["$.*"],
      write: { topic: "command/{2}", payload: '{"name":"{key}","v":{value}}' },
    };
    const { driver, sink } = await started(broker, { mappings: [keys] });
    const name = 'a","v":999,"x":"';
    await say(client, "keys/m", JSON.stringify({ [name]: 1 }));
    await sink.until(() => sink.stored.length === 1);
    expect(await driver.write(`keys/m/${name}`, 5)).toEqual({ result: "accepted" });
    await expect.poll(() => heard).toEqual([{ name, v: 5 }]);
  });

  test.runIf(there)(
    "a write that we would hear ourselves is refused: it would look like the machine's echo",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const all: MqttConfigInput["mappings"][number] = { ...plain, filter: "plain/#", name: "{2}/{3}" };
      const { driver, sink } = await started(broker, { mappings: [all] });
      await say(client, "plain/m/B", "7");
      await sink.until(() => sink.said("m/B").length === 1);
      const answer = await driver.write("m/B", 8);
      expect(answer).toEqual({ result: "refused", reason: expect.stringContaining("the machine's echo") });
    },
  );
});

test("a write that the broker does not acknowledge is unknown, and is not sent again on the next connection", async () => {
  const broker = await silent();
  const { driver, sink } = await begun(broker.url, { mappings: [plain] });
  await sink.until(() => sink.said("m/B").length === 1);
  await expect.poll(() => driver.health().connected, { interval: 5 }).toBe(true);
  const late = { result: "unknown", reason: "the broker did not acknowledge within 300 ms" };
  expect(await driver.write("m/B", 8)).toEqual(late);
  expect(broker.published).toHaveLength(1);

  const births = () => kinds(sink).filter((kind) => kind === "birth").length;
  const patient = driver.write("m/B", 9);
  await expect.poll(() => broker.published.length, { interval: 5 }).toBe(2);
  broker.cut();
  const lost = { result: "unknown", reason: "the connection was lost before the broker acknowledged" };
  expect(await patient).toEqual(lost);
  await sink.until(() => births() === 2 && sink.said("m/B").length === 2);
  expect(broker.published).toHaveLength(2);
});

test("a topic that the broker keeps for itself, or that lacks a word, is nobody's topic to write to", () => {
  const mapping = { filter: "+/v", payload: "json", values: ["$.v"], name: "{1}" } as const;
  const of = (topic: string, tokens: Record<string, string>, payload?: string) => {
    const write = { topic, ...(payload !== undefined && { payload }) };
    const mappings = prepareMappings(MqttConfig.parse({ mappings: [{ ...mapping, write }] }).mappings);
    const [prepared] = mappings;
    if (prepared === undefined) throw new Error("no mapping");
    return writeOf(prepared, tokens, 5, 1000, mappings);
  };
  expect(of("{1}/set", { 1: "press" }, '{"v":{value},"u":{unit},"of":{"x":1}}')).toEqual({
    topic: "press/set",
    payload: '{"v":5,"u":{unit},"of":{"x":1}}',
  });
  expect(of("{1}/set", { 1: "$SYS" })).toBe("$SYS/set is no topic to write to");
  expect(of("{1}", { 1: "" })).toBe(" is no topic to write to");
  expect(of("{1}/set", {})).toBe("there is no {1} for {1}/set");
});
