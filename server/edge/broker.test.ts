import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { once } from "node:events";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "#server/core/log.ts";
import { createBroker, type EdgeBroker } from "./broker.ts";

const hash = createHash("sha256").update("right").digest("hex");
let broker: EdgeBroker;

beforeEach(async () => {
  broker = createBroker({
    port: 0,
    log: silentLogger,
    nodePassword: (node) => (node === "millwright/locked" ? hash : null),
    plainSource: (code) =>
      code === "scale"
        ? { tokenHash: hash, filters: ["hall/scale/+"] }
        : code === "new"
          ? { tokenHash: null, filters: ["#"] }
          : null,
  });
  await broker.start(new AbortController().signal);
  onTestFinished(() => broker.stop());
});

async function connect(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options }, false);
  onTestFinished(() => void client.end(true));
  return client;
}

const bare = () => `mqtt://127.0.0.1:${broker.port}`;
const will = (node: string) => ({
  topic: `spBv1.0/millwright/NDEATH/${node}`,
  payload: Buffer.from("x"),
  qos: 1 as const,
  retain: false,
});

/** Whether the broker let a publication through, or threw its sender out. */
async function says(client: MqttClient, topic: string): Promise<"heard" | "thrown out"> {
  const gone = new Promise<"thrown out">((resolve) => client.once("close", () => resolve("thrown out")));
  const taken = client.publishAsync(topic, "x", { qos: 1 }).then(() => "heard" as const);
  taken.catch(() => undefined);
  return Promise.race([gone, taken]);
}

describe("the broker inside the edge", () => {
  it("carries a node's data to the host and the host's command to the node", async () => {
    const host = await connect(broker.url);
    const node = await connect(bare(), { will: will("moulding") });
    const heard: string[] = [];
    for (const client of [host, node]) client.on("message", (topic) => heard.push(topic));
    await host.subscribeAsync("spBv1.0/millwright/DDATA/moulding/+");
    await node.subscribeAsync("spBv1.0/millwright/DCMD/moulding/+");
    expect(await says(node, "spBv1.0/millwright/DDATA/moulding/press-2")).toBe("heard");
    expect(await says(host, "spBv1.0/millwright/DCMD/moulding/press-2")).toBe("heard");
    await expect
      .poll(() => heard)
      .toEqual(["spBv1.0/millwright/DDATA/moulding/press-2", "spBv1.0/millwright/DCMD/moulding/press-2"]);
  });

  it.each([
    ["a command", "spBv1.0/millwright/DCMD/moulding/press-2"],
    ["a host's STATE", "spBv1.0/STATE/edge-1.moulding"],
    ["another node's data", "spBv1.0/millwright/DDATA/finishing/oven-1"],
    ["the broker's own topics", "$SYS/uptime"],
  ])("throws a node out that publishes %s", async (_what, topic) => {
    const node = await connect(bare(), { will: will("moulding") });
    expect(await says(node, topic)).toBe("thrown out");
  });

  it("lets nobody be the host without its password, nor a node that must show one", async () => {
    await expect(connect(bare(), { username: "millwright-host", password: "guess" })).rejects.toThrow(
      /authorized|password/i,
    );
    await expect(connect(bare(), { will: will("locked"), password: "wrong", username: "n" })).rejects.toThrow(
      /authorized|password/i,
    );
    const node = await connect(bare(), { will: will("locked"), username: "n", password: "right" });
    expect(node.connected).toBe(true);
  });

  it("does not let a stranger listen", async () => {
    const stranger = await connect(bare());
    await expect(stranger.subscribeAsync("spBv1.0/#")).rejects.toThrow();
  });

  it("says in one sentence that its port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const second = createBroker({
      port,
      log: silentLogger,
      nodePassword: () => null,
      plainSource: () => null,
    });
    onTestFinished(() => second.stop());
    await expect(second.start(new AbortController().signal)).rejects.toThrow(
      `Port ${port} is taken by another program: set MQTT_PORT to a free one.`,
    );
  });
});
