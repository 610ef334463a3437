import { sql } from "drizzle-orm";
import { connectAsync } from "mqtt";
import { silentLogger } from "#server/core/log.ts";
import { hostApplicationId } from "#server/device/sparkplug/driver.ts";
import { MosquittoBroker } from "#server/device/mqtt/testing.ts";
import { encodePayload, type MetricToSend } from "#server/device/sparkplug/payload.ts";
import { datatypes } from "#server/device/sparkplug/values.ts";
import type { PlantLogEntry } from "#server/device/simulator/faults.contract.ts";
import { type NodeSample, SparkplugNode } from "#server/device/simulator/sparkplug-node.ts";
import { edgeCode } from "#server/launcher/environment.ts";
import { saidIsStored } from "../../e2e/truth.ts";
import type { Fault } from "../fault.ts";
import { ChaosHouse } from "../house.ts";

const [group, node, device] = ["works", "moulding", "press-1"];
const beatMs = 50;

/** A house of its own whose machines speak Sparkplug over a Mosquitto, with a press that counts. */
class BrokerHouse {
  readonly house: ChaosHouse;
  readonly broker: MosquittoBroker;
  readonly #said: PlantLogEntry[] = [];
  readonly #node: SparkplugNode;
  readonly #timer: NodeJS.Timeout;
  readonly #from: number;
  #count = 0;

  private constructor(house: ChaosHouse, broker: MosquittoBroker) {
    this.house = house;
    this.broker = broker;
    const { clock } = house;
    this.#from = clock.now();
    const sample = (value: number): NodeSample => ({ device, name: "Count", at: clock.now(), value });
    this.#node = new SparkplugNode({
      url: broker.url,
      group,
      node,
      devices: new Map([[device, [{ name: "Count", wire: "Double", unit: null }]]]),
      primaryHost: hostApplicationId(edgeCode, group, node),
      capacity: 100_000,
      clock,
      log: silentLogger,
      present: () => [sample(this.#count)],
      onWrite: () => null,
      onSent: (samples, historical) => {
        for (const { name, at, value } of samples)
          this.#said.push({
            n: this.#said.length,
            source: "moulding",
            metric: `${device}/${name}`,
            at,
            value: Number(value),
            historical,
          });
      },
      onDropped: () => undefined,
    });
    this.#node.start();
    this.#timer = setInterval(() => this.#node.put([sample(++this.#count)]), beatMs);
  }

  static async with(seed: number, act: (plant: BrokerHouse) => Promise<void>): Promise<void> {
    const broker = new MosquittoBroker();
    await broker.up();
    const house = await ChaosHouse.open({ seed, settings: { MQTT_URL: broker.url } });
    try {
      const { sourceId } = await house.addSource("moulding", "sparkplug", { group, node });
      await house.addTag(sourceId, `${device}/Count`);
      const plant = new BrokerHouse(house, broker);
      try {
        await plant.counts();
        await act(plant);
        await plant.counts();
        await plant.truth();
      } finally {
        await plant.end();
      }
    } finally {
      await house.close();
      await broker.close();
    }
  }

  /** Resolves once a number is stored that was said after now. */
  async counts(): Promise<void> {
    const now = this.#count;
    const metric = `${device}/Count`;
    await this.house.until("the press is heard", async () => (await this.house.newest(metric)) > now);
  }

  /** Resolves once the edge has told of a gap of the press that ends after `since`, ms. */
  async gapSince(since: number): Promise<void> {
    await this.house.until("the gap is recorded", async () => {
      const rows = await this.house.db.execute(sql`
        select from edge_event e join source s on s.id = e.source_id
        where e.kind = 'gap' and s.code = 'moulding' and (e.data->>'to')::float8 > ${since}`);
      return rows.length > 0;
    });
  }

  /** Every number is stored once, or lies in a gap that the edge recorded. */
  async truth(): Promise<void> {
    const { house } = this;
    const to = house.clock.now();
    await house.flows();
    const said = await saidIsStored(house.db, this.#said, { from: this.#from, to: to - 2000 });
    if (said.wrong.length > 0) throw new Error(said.wrong.slice(0, 5).join("; "));
    if (said.looked < 20) throw new Error(`only ${said.looked} numbers were looked at`);
    await house.truth("no excuse");
  }

  /** Says one message of a node that a test speaks for itself. */
  async say(
    of: string,
    type: "NBIRTH" | "NDEATH" | "DBIRTH" | "DDATA",
    seq: number | undefined,
    metrics: readonly Partial<MetricToSend>[],
  ): Promise<void> {
    const client = await connectAsync(this.broker.url);
    const now = this.house.clock.now();
    const whole = metrics.map((metric) => ({
      timestamp: now,
      datatype: datatypes.Double,
      sayDatatype: true,
      value: 0,
      ...metric,
    }));
    const topic = `spBv1.0/${group}/${type}/${of}${type.startsWith("D") ? `/${device}` : ""}`;
    const payload = encodePayload({ timestamp: now, ...(seq !== undefined && { seq }), metrics: whole });
    await client.publishAsync(topic, Buffer.from(payload));
    await client.endAsync();
  }

  /** Does something that makes the edge ask a node to be born again. @throws Error when it does not ask */
  async asksForBirth(of: string, act: () => Promise<void>): Promise<void> {
    const client = await connectAsync(this.broker.url);
    let asked = 0;
    client.on("message", () => asked++);
    await client.subscribeAsync(`spBv1.0/${group}/NCMD/${of}`);
    try {
      await act();
      await this.house.until("the edge asks for a birth", async () => asked > 0);
    } finally {
      await client.endAsync();
    }
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#node.stop();
  }
}

export const brokers: readonly Fault[] = [
  {
    id: "F32",
    title: "The broker is killed and comes back: births are heard again, what was lost lies in a marked gap",
    needs: ["mosquitto"],
    run: (house) =>
      BrokerHouse.with(house.seed, async (plant) => {
        for (let time = 0; time < 3; time++) {
          await plant.house.passes(500);
          const killed = plant.house.clock.now();
          await plant.broker.kill();
          await plant.house.passes(1500);
          await plant.broker.up();
          await plant.counts();
          await plant.gapSince(killed);
        }
      }),
  },
  {
    id: "F34",
    title:
      "A lost message, an old death and data without a birth: a birth is asked for, and nobody is believed who was not born",
    needs: ["mosquitto"],
    run: (house) =>
      BrokerHouse.with(house.seed, async (plant) => {
        const raw = "raw";
        const { sourceId } = await plant.house.addSource(raw, "sparkplug", { group, node: raw });
        const metric = `${device}/Raw`;
        await plant.house.addTag(sourceId, metric);
        const born = async (bdSeq: number, value: number): Promise<void> => {
          const { Int64, Boolean } = datatypes;
          await plant.say(raw, "NBIRTH", 0, [
            { name: "bdSeq", datatype: Int64, value: bdSeq },
            { name: "Node Control/Rebirth", datatype: Boolean, value: false },
          ]);
          await plant.say(raw, "DBIRTH", 1, [{ name: "Raw", alias: 1, value }]);
        };
        const isStored = (value: number): Promise<void> =>
          plant.house.until(`${value} is stored`, async () => (await plant.house.newest(metric)) >= value);
        // Until the edge has the tag a birth is heard in vain.
        await plant.house.until("the edge knows the node", async () => {
          await born(7, 1);
          return plant.house.knows(metric);
        });
        await plant.say(raw, "DDATA", 2, [{ alias: 1, value: 2 }]);
        await isStored(2);
        // Number 3 is lost on the way.
        await plant.asksForBirth(raw, () => plant.say(raw, "DDATA", 4, [{ alias: 1, value: 4 }]));
        await born(8, 5);
        await isStored(5);
        // The will of the connection before comes late: it ends nothing.
        await plant.say(raw, "NDEATH", undefined, [{ name: "bdSeq", datatype: datatypes.Int64, value: 7 }]);
        await plant.say(raw, "DDATA", 2, [{ alias: 1, value: 6 }]);
        await isStored(6);
        // Of an alias that no birth named nobody knows what it means.
        await plant.asksForBirth(raw, () => plant.say(raw, "DDATA", 3, [{ alias: 77, value: 999_999 }]));
        await plant.counts();
        if ((await plant.house.newest(metric)) > 6) throw new Error("a number stands that no metric has");
      }),
  },
];
