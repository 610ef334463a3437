import { rmSync } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { anActuation } from "./testing/actuators.ts";
import { aReflex, setpointLimits } from "./testing/documents.ts";
import {
  bothSources,
  type Press,
  type RunningEdge,
  startEdge,
  startPacker,
  startPress,
} from "./testing/edges.ts";
import { FakeServer } from "./testing/fake-server.ts";
import { tempFolder } from "./testing/queues.ts";

const reflex = aReflex({ condition: { op: ">", value: 260, forMs: 0, hysteresis: 5 } });
const patience = { timeout: 8000, interval: 20 };

interface Plant {
  readonly server: FakeServer;
  readonly edge: RunningEdge;
  readonly press: Press;
  readonly folder: string;
}

/** A server, an edge and a press that have found each other. */
async function plant(): Promise<Plant> {
  const folder = tempFolder("edge");
  const server = new FakeServer();
  await server.plug();
  server.document = bothSources({ reflexes: [reflex] });
  const edge = await startEdge(folder, server);
  const press = startPress(edge.broker?.port ?? 0);
  onTestFinished(async () => {
    await press.node.stop();
    await edge.stop();
    await server.unplug();
    rmSync(folder, { recursive: true, force: true });
  });
  await vi.waitFor(() => expect(server.values(11)).toContain(230), patience);
  return { server, edge, press, folder };
}

/** A wave of temperatures, no two alike. */
let wave = 0;
const next = () => 220 + (++wave % 3000) / 100;

describe("a whole edge over real sockets", { timeout: 60_000 }, () => {
  it("delivers everything exactly once though the server was away, and in order", async () => {
    const { server, press, edge } = await plant();
    const sent: number[] = [];
    const say = (count: number) => {
      for (let i = 0; i < count; i++) {
        const value = next();
        sent.push(value);
        press.say("MeltTemperature", value);
      }
    };
    say(200);
    await vi.waitFor(() => expect(server.values(11)).toEqual([230, ...sent]), patience);
    await server.unplug();
    await vi.waitFor(() => expect(edge.uplink.online).toBe(false), patience);
    for (let i = 0; i < 20; i++) {
      say(100);
      await systemClock.sleep(10);
    }
    await vi.waitFor(() => expect(edge.health().unackedReadings).toBeGreaterThanOrEqual(2000), patience);
    await server.plug();
    say(50);
    await vi.waitFor(() => expect(server.values(11)).toHaveLength(sent.length + 1), patience);
    expect(server.values(11)).toEqual([230, ...sent]);
    const seqs = server.readings.map((r) => `${r.key} ${r.seq}`);
    expect(new Set(seqs).size, "nothing twice").toBe(seqs.length);
    await vi.waitFor(() => expect(edge.health().unackedReadings).toBe(0), patience);
    expect(server.gaps).toEqual([]);
  });

  it("stops the machine by reflex while the server is gone, and reports it afterwards with source time", async () => {
    const { server, press } = await plant();
    await server.unplug();
    const at = systemClock.now();
    press.say("MeltTemperature", 261.5, at);
    await vi.waitFor(
      () => expect(press.written).toMatchObject([{ metric: "StopRequest", value: true }]),
      patience,
    );
    expect(server.events.filter((e) => e.kind === "reflex")).toEqual([]);
    await server.plug();
    await vi.waitFor(() => expect(server.events.some((e) => e.kind === "reflex")).toBe(true), patience);
    expect(server.events.filter((e) => e.kind === "reflex")).toMatchObject([
      {
        at,
        machineId: 2,
        sourceId: 1,
        data: {
          reflex: "over-temperature",
          change: "raised",
          action: "request_stop",
          result: "accepted",
          value: 261.5,
        },
      },
    ]);
    expect(press.written).toHaveLength(1);
  });

  it("writes an approved change, answers once, and refuses while the reflex blocks", async () => {
    const { server, press } = await plant();
    const actuation = anActuation({ value: 226, expected: 230 });
    const answer = await server.actuate(actuation);
    expect(answer).toMatchObject({ result: "accepted", readBack: 230 });
    await vi.waitFor(() => expect(server.values(12).at(-1)).toBe(226), patience);
    expect(await server.actuate(actuation)).toEqual(answer);
    expect(press.written).toMatchObject([{ metric: "MeltSetpoint", value: 226 }]);
    await vi.waitFor(
      () => expect(server.events.filter((e) => e.kind === "actuation_answer")).toHaveLength(1),
      patience,
    );
    press.say("MeltTemperature", 270);
    await vi.waitFor(() => expect(press.written).toHaveLength(2), patience);
    const blocked = await server.actuate(anActuation({ value: 224, expected: 226 }));
    expect(blocked).toMatchObject({ result: "refused", reason: "alarm_on_target" });
  });

  it("13.1: a set-point in kelvin is written to a machine that speaks °C in °C, and comes back in kelvin", async () => {
    const { server, press } = await plant();
    const kelvin = { ...setpointLimits, min: 470, max: 535 };
    const document = bothSources();
    const tags = document.tags.map((tag) =>
      tag.id === 12 ? { ...tag, unit: "K", high: 700, writable: kelvin } : tag,
    );
    server.send({ ...document, version: 2, tags });
    // Said until the edge has the new document.
    await vi.waitFor(() => {
      press.say("MeltSetpoint", 231);
      expect(server.values(12).at(-1)).toBe(504.15);
    }, patience);
    const change = anActuation({ value: 499.15, expected: 504.15, unit: "K" });
    expect(await server.actuate(change)).toMatchObject({ result: "accepted" });
    await vi.waitFor(() => expect(server.values(12).at(-1)).toBe(499.15), patience);
    expect(press.written).toMatchObject([{ metric: "MeltSetpoint", value: 226 }]);
  });

  it("reports a metric it does not know once, keeps it as dead letter, and stores it when a document names it", async () => {
    const { server, press } = await plant();
    press.say("Surprise", 2);
    press.say("Surprise", 3);
    const surprise = { sourceId: 1, metric: "press-2/Surprise", datatype: "number", unit: "mm" };
    await vi.waitFor(() => expect(server.unknown).toEqual([surprise]), patience);
    await vi.waitFor(
      () => expect(server.readings.filter((r) => r.dead === "unknown_tag").length).toBeGreaterThanOrEqual(3),
      patience,
    );
    const before = bothSources({ reflexes: [reflex] });
    const [melt] = before.tags;
    if (melt === undefined) throw new Error("no tag");
    const tag = { ...melt, id: 16, metric: "press-2/Surprise", unit: "mm" };
    server.send({ ...before, version: 2, issuedAt: before.issuedAt + 1, tags: [...before.tags, tag] });
    await vi.waitFor(async () => {
      press.say("Surprise", next());
      expect(server.values(16).length).toBeGreaterThan(0);
    }, patience);
    expect(press.node.born, "the source went on undisturbed").toBe(true);
  });

  it("removes and adds sources as documents come, without a restart", async () => {
    const { server, edge } = await plant();
    const document = bothSources();
    expect(edge.health().sources.map((s) => s.id)).toEqual([1, 3]);
    server.send({
      ...document,
      version: 2,
      issuedAt: document.issuedAt + 1,
      sources: document.sources.slice(0, 1),
    });
    await vi.waitFor(() => expect(edge.health().sources.map((s) => s.id)).toEqual([1]), patience);
    server.send({ ...document, version: 3, issuedAt: document.issuedAt + 2 });
    await vi.waitFor(() => expect(edge.health().sources.map((s) => s.id)).toEqual([1, 3]), patience);
  });

  it("keeps its document and stores before it has ever seen the server again", async () => {
    const { server, edge, folder, press } = await plant();
    await press.node.stop();
    await edge.stop();
    await server.unplug();
    const again = await startEdge(folder, server);
    const packer = startPacker(again.devices.port);
    onTestFinished(async () => {
      packer.stop();
      await again.stop();
    });
    packer.put([{ metric: "packer-1/Good", at: systemClock.now(), value: 77, unit: null }]);
    await vi.waitFor(() => expect(packer.waiting()).toBe(0), patience);
    await server.plug();
    await vi.waitFor(() => expect(server.values(31)).toEqual([77]), patience);
    expect(server.hellos.at(-1)?.documentVersion).toBe(1);
  });

  it("waits when the server is busy, sends again what was not answered, and loses nothing", async () => {
    const { server, press } = await plant();
    const sent: number[] = [];
    let n = 0;
    server.instead = () => {
      n++;
      if (n % 3 === 0) return { result: "busy", retryMs: 20 };
      return n === 4 ? "silent" : null;
    };
    for (let i = 0; i < 60; i++) {
      const value = next();
      sent.push(value);
      press.say("MeltTemperature", value);
      await systemClock.sleep(5);
    }
    await vi.waitFor(() => expect(server.values(11).slice(1)).toEqual(sent), patience);
    expect(server.answers).toContain("busy");
  });

  it("sets a block aside that the server will never take, tells the gap, and goes on", async () => {
    const { server, press } = await plant();
    const poison = 251.25;
    server.instead = (block) =>
      block.kind === "readings" && block.columns.num.includes(poison)
        ? { result: "refused", reason: "I cannot bear it" }
        : null;
    press.say("MeltTemperature", poison);
    await vi.waitFor(() => expect(server.gaps).toMatchObject([{ reason: "refused" }]), patience);
    press.say("MeltTemperature", 224);
    await vi.waitFor(() => expect(server.values(11)).toContain(224), patience);
    expect(server.values(11)).not.toContain(poison);
  });

  it("sends again what a restored server has lost, as backlog where it is old", async () => {
    const { server, press } = await plant();
    for (let i = 0; i < 30; i++) {
      press.say("MeltTemperature", next());
      await systemClock.sleep(3);
    }
    await vi.waitFor(() => expect(server.values(11)).toHaveLength(31), patience);
    const all = server.values(11);
    const middle = server.readings.filter((r) => r.tagId === 11)[15]?.seq ?? 0;
    server.restore((reading) => reading.seq < middle);
    expect(server.values(11).length).toBeLessThan(31);
    await vi.waitFor(() => expect(server.values(11)).toEqual(all), patience);
    const seqs = server.readings.map((r) => `${r.key} ${r.seq}`);
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  it("says every few seconds how it is", async () => {
    const { server } = await plant();
    await vi.waitFor(
      () => expect(server.health).toMatchObject({ version: "0.0.0-test", storing: true }),
      patience,
    );
    await vi.waitFor(
      () => expect(server.health?.sources.find((s) => s.id === 1)).toMatchObject({ connected: true }),
      patience,
    );
  });

  it("keeps trying when it is turned away, and comes in when the server knows it again", async () => {
    const { server, edge } = await plant();
    await server.unplug();
    server.token = "another";
    await server.plug();
    await vi.waitFor(() => expect(server.turnedAway).toBeGreaterThan(1), patience);
    expect(edge.uplink.online).toBe(false);
    server.token = "secret";
    await vi.waitFor(() => expect(edge.uplink.online).toBe(true), patience);
  });
});
