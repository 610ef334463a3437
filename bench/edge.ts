import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { io, type Socket } from "socket.io-client";
import { systemClock } from "#server/core/clock.ts";
import { deviceNamespace } from "#server/device/socketio/wire.contract.ts";
import { letIn } from "#server/device/simulator/load.ts";
import { setReflex } from "#server/execution/reflexes/reflexes.commands.ts";
import { ChaosHouse } from "../chaos/house.ts";
import { startChild } from "./child.ts";
import type { BenchOptions, Figure } from "./main.ts";
import { percentile } from "./percentile.ts";

const clock = systemClock;
const readingsPerSecond = 20_000;
const loadTags = 200;
const limit = 100;
const goalMs = 10;
const goalRatio = 3;
/** Between two trials, ms: the reflex must have been armed again. */
const pauseMs = 20;
const warmUpMs = 3000;

/** A machine that says a temperature and is told to stop. */
class Machine {
  readonly #socket: Socket;
  #id = 0;
  #told: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("write", (_write: unknown, answer: (answer: object) => void) => {
      answer({ result: "accepted" });
      this.#told();
    });
  }

  static async dial(url: string, auth: object): Promise<Machine> {
    const socket = io(url, { transports: ["websocket"], forceNew: true, auth });
    const machine = new Machine(socket);
    await letIn(socket, clock);
    return machine;
  }

  /** Says a temperature, in the very message that both ends of the comparison get. */
  say(temperature: number): void {
    const now = clock.now();
    const rows = [
      [0, now, temperature],
      [1, now, false],
    ];
    const metrics = ["press-1/Temp", "press-1/Stop"];
    this.#socket.emit(
      "readings",
      { v: 1, id: ++this.#id, metrics, units: [null, null], historical: false, rows },
      () => undefined,
    );
  }

  /** From an over-temperature to the order to stop, ms. */
  async trial(): Promise<number> {
    const told = new Promise<void>((resolve) => (this.#told = resolve));
    const began = clock.monotonic();
    this.say(limit + 50);
    await told;
    const took = clock.monotonic() - began;
    this.say(limit - 50);
    return took;
  }

  end(): void {
    this.#socket.disconnect();
  }
}

/**
 * From a reading at the driver to the write at the machine: a reflex of the real edge process, while another device
 * sends 20,000 readings a second through the same edge to a real server and database; beside it, in turns, a process
 * that answers the same message with the same order at once and does nothing else.
 */
export async function run(print: (figure: Figure) => void, { seconds }: BenchOptions): Promise<void> {
  const house = await ChaosHouse.open({ seed: 1 });
  const children: ChildProcess[] = [];
  const machines: Machine[] = [];
  try {
    house.numbers.stop();
    const { token } = await reflexOf(house);
    const load = await house.addSource("load", "socketio");
    const metrics = Array.from({ length: loadTags }, (_, i) => `press-1/load${i}`);
    for (const metric of metrics) await house.addTag(load.sourceId, metric);
    const url = house.deviceUrl;
    children.push(startChild("bench/live/load.ts"));
    children[0]?.send({
      url,
      source: "load",
      token: load.token,
      metrics,
      readingsPerSecond,
      seconds: 3600,
      perMessage: 500,
    });
    children.push(startChild("bench/edge/bare.ts"));
    const [bareUrl] = (await once(children[1] as ChildProcess, "message")) as [string];

    const session = randomUUID();
    const edge = await Machine.dial(url + deviceNamespace, { source: "press", token, session });
    const bare = await Machine.dial(bareUrl, {});
    machines.push(edge, bare);
    await house.until("the edge has the reflex", async () => {
      const armed = await Promise.race([edge.trial().then(() => true), clock.sleep(500).then(() => false)]);
      edge.say(limit - 50);
      return armed;
    });
    await clock.sleep(warmUpMs);
    const took: Record<"edge" | "bare", number[]> = { edge: [], bare: [] };
    const from = clock.now();
    const end = clock.monotonic() + seconds * 1000;
    while (clock.monotonic() < end) {
      took.edge.push(await edge.trial());
      await clock.sleep(pauseMs);
      took.bare.push(await bare.trial());
      await clock.sleep(pauseMs);
    }
    const stored = Math.round(await house.storedPerSecond(from, clock.now()));
    const [p99, bareP99] = [percentile(took.edge, 0.99), percentile(took.bare, 0.99)];
    const came = stored >= 0.95 * readingsPerSecond;
    const note =
      `${took.edge.length} trials of each in turns; ${stored} readings/s stored meanwhile${came ? "" : ", the load was NOT reached"}; ` +
      `p50 ${percentile(took.edge, 0.5)} ms, bare p50 ${percentile(took.bare, 0.5)} ms, bare p99 ${bareP99} ms; ` +
      "socket.io device, reflex with a stop, synced queue, rollups and consumers on";
    print({
      figure: "edge.p99_ms",
      value: p99,
      unit: "ms",
      goal: `<=${goalMs}`,
      holds: came && p99 <= goalMs,
      note,
    });
    const ratio = Math.round((p99 / bareP99) * 100) / 100;
    print({
      figure: "edge.ratio",
      value: ratio,
      unit: "",
      goal: `<=${goalRatio}`,
      holds: came && ratio <= goalRatio,
      limit: bareP99,
      ratio,
    });
  } finally {
    for (const machine of machines) machine.end();
    for (const child of children) child.kill("SIGKILL");
    await house.close();
  }
}

/** press-1 is asked to stop over 100 °C, at once. */
async function reflexOf(house: ChaosHouse): Promise<{ token: string }> {
  const { sourceId, token } = await house.addSource("press", "socketio");
  const tagId = await house.addTag(sourceId, "press-1/Temp", { meaning: "measurement" });
  const stopTag = await house.addTag(sourceId, "press-1/Stop", { meaning: "setpoint", datatype: "boolean" });
  await house.command(setReflex, {
    machineId: house.machineId,
    tagId,
    condition: { op: ">", value: limit, forMs: 0, hysteresis: 10 },
    action: "request_stop",
    stop: { tagId: stopTag, value: true },
    riskAssessment: "Bench",
  });
  return { token };
}
