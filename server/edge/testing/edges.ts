import { createHash } from "node:crypto";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { startServices } from "#server/core/services.ts";
import { createDevice } from "#server/device/socketio/client-example.ts";
import { type NodeSample, SparkplugNode } from "#server/device/simulator/sparkplug-node.ts";
import { createEdge, type Edge } from "../edge.ts";
import type { EdgeDocument } from "../document.contract.ts";
import { aDocument, aTag } from "./documents.ts";

export interface RunningEdge extends Edge {
  readonly stop: () => Promise<void>;
}

/** A whole edge on free ports, in this process. */
export async function startEdge(
  folder: string,
  server: { readonly url: string; readonly publicKey: string },
  { code, token } = { code: "edge-1", token: "secret" },
): Promise<RunningEdge> {
  const edge = await createEdge({
    code,
    token,
    publicKey: server.publicKey,
    serverUrl: server.url,
    serverCa: null,
    folder,
    mqttPort: 0,
    mqttUrl: null,
    devicePort: 0,
    version: "0.0.0-test",
    clock: systemClock,
    log: silentLogger,
  });
  const stop = await startServices(edge.services, silentLogger);
  return { ...edge, stop };
}

export interface Press {
  readonly node: SparkplugNode;
  readonly written: { metric: string; value: number | string | boolean; at: number }[];
  /** Says something now (or at a time of its own). */
  say(name: string, value: NodeSample["value"], at?: number): void;
}

/** press-2 behind a real Sparkplug node, with a machine that does what it is told. */
export function startPress(port: number): Press {
  const metrics = [
    { name: "MeltTemperature", wire: "Double", unit: "°C" },
    { name: "MeltSetpoint", wire: "Double", unit: "°C" },
    { name: "Remote", wire: "Boolean", unit: null },
    { name: "GuardOpen", wire: "Boolean", unit: null },
    { name: "StopRequest", wire: "Boolean", unit: null },
    { name: "Surprise", wire: "Double", unit: "mm" },
  ] as const;
  const state = new Map<string, NodeSample["value"]>([
    ["MeltTemperature", 230],
    ["MeltSetpoint", 230],
    ["Remote", true],
    ["GuardOpen", false],
    ["StopRequest", false],
    ["Surprise", 1],
  ]);
  const written: Press["written"] = [];
  const node = new SparkplugNode({
    url: `mqtt://127.0.0.1:${port}`,
    group: "millwright",
    node: "moulding",
    devices: new Map([["press-2", metrics]]),
    capacity: 100_000,
    clock: systemClock,
    log: silentLogger,
    present: (device) => [...state].map(([name, value]) => ({ device, name, at: systemClock.now(), value })),
    onWrite: (_device, metric, value) => {
      written.push({ metric, value, at: systemClock.now() });
      say(metric, value);
      return null;
    },
    onSent: () => undefined,
    onDropped: () => undefined,
  });
  function say(name: string, value: NodeSample["value"], at = systemClock.now()): void {
    state.set(name, value);
    node.put([{ device: "press-2", name, at, value }]);
  }
  node.start();
  return { node, written, say };
}

export const deviceToken = "packer-token";

/** The document of press-2 (Sparkplug) and packer-1 (socket.io, tag 31: a counter). */
export function bothSources(change: Partial<EdgeDocument> = {}): EdgeDocument {
  const document = aDocument();
  const counter = aTag({
    id: 31,
    sourceId: 3,
    machineId: 6,
    lane: 9,
    metric: "packer-1/Good",
    meaning: "good",
    unit: null,
    high: null,
  });
  const packing = {
    id: 3,
    code: "packing",
    driver: "socketio",
    config: {},
    tokenHash: createHash("sha256").update(deviceToken).digest("hex"),
  };
  return {
    ...document,
    tags: [...document.tags, counter],
    sources: [...document.sources, packing],
    ...change,
  };
}

/** packer-1 with a store of its own. */
export function startPacker(port: number, session = "one") {
  return createDevice({
    url: `http://127.0.0.1:${port}`,
    source: "packing",
    token: deviceToken,
    session,
    clock: systemClock,
    capacity: 1_000_000,
    onWrite: () => ({ result: "accepted" }),
    onSent: () => undefined,
    onDropped: () => undefined,
    onProblem: () => undefined,
  });
}
