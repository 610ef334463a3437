import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createDevice } from "#server/device/socketio/client-example.ts";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { DiscoveredMetricView } from "#server/execution/tags/tags.contract.ts";
import type { FirstMachine } from "./demo.contract.ts";
import { type Stage, until } from "./stories.ts";

/** What the machine says of itself, and what an administrator makes of it. */
const metrics = [
  { metric: "State", name: "State", meaning: "state", datatype: "text", unit: null, decimals: 0 },
  { metric: "Labels", name: "Labels", meaning: "good", datatype: "number", unit: "parts", decimals: 0 },
  {
    metric: "HeadTemperature",
    name: "Head temperature",
    meaning: "measurement",
    datatype: "number",
    unit: "°C",
    decimals: 1,
  },
] as const;

/** It says everything so often, ms. */
const everyMs = 500;

/** A machine that nobody knows is turned away, added, discovered, given its tags, and lives; nothing is restarted. */
export async function playFirstMachine(stage: Stage): Promise<void> {
  const { clock, tell, say } = stage;
  await tell(1, "A label printer that nobody knows speaks to the edge, and is turned away.");
  const stranger = connect(stage, "label-printer", randomBytes(16).toString("hex"));
  try {
    await until(clock, "the edge said nothing to a stranger", 20_000, async () => stranger.problem());
  } finally {
    stranger.stop();
  }
  say(`   the edge: ${stranger.problem() ?? ""}`);

  const admin = await stage.administrator();
  const token = randomBytes(16).toString("hex");
  const tokenHash = createHash("sha256").update(token).digest("hex");
  const made = await admin.post<FirstMachine>("/demo/first-machine", { tokenHash });
  const { code, name, machineId, sourceId } = made;
  await tell(
    2,
    `The administrator adds ${name} and its source; of its token only a hash is kept. No restart.`,
    {
      name,
    },
  );
  const printer = connect(stage, code, token);
  try {
    await until(
      clock,
      "the edge did not let the machine in",
      30_000,
      async () => printer.connected() || undefined,
    );
    printer.speak();
    const seen = await until(clock, "its metrics were not discovered", 30_000, async () => {
      const all = await admin.get<DiscoveredMetricView[]>("/discovered-metrics");
      const own = all.filter((one) => one.sourceId === sourceId);
      return own.length === metrics.length ? own : undefined;
    });
    await tell(3, `It is let in. It says ${seen.length} things; nothing is guessed, nothing is stored yet.`, {
      count: seen.length,
    });
    await clock.sleep(4000);
    for (const { metric, ...tag } of metrics)
      await admin.post("/tags", { ...tag, metric: `${code}/${metric}`, machineId, sourceId });
    await tell(4, "Each metric gets its tag: state, good count, a temperature.");
    const view = () => admin.get<MachineView>(`/machines/${code}`);
    await until(clock, "the machine does not run on any screen", 30_000, async () =>
      (await view()).state.word === "running" ? true : undefined,
    );
    say(`   ${stage.demo.url}/office/machines/${code}`);
    await clock.sleep(10_000);
    const { good } = (await view()).pace;
    await tell(5, `${name} runs, and ${good} labels are counted. Its page is as that of any other machine.`, {
      name,
      good,
    });
    await clock.sleep(10_000);
  } finally {
    printer.stop();
  }
  say("   It is switched off again: its page will say no data, which is not idle.");
}

/** The machine's own side: the published client for devices. */
function connect({ demo, clock }: Stage, source: string, token: string) {
  let problem: string | undefined;
  let labels = 0;
  let timer: NodeJS.Timeout | undefined;
  const device = createDevice({
    url: demo.device,
    source,
    token,
    session: randomUUID(),
    clock,
    capacity: 1000,
    onWrite: () => ({ result: "refused", reason: "a printer takes no orders" }),
    onSent: () => {},
    onDropped: () => {},
    onProblem: (reason) => (problem = reason),
  });
  const say = (): void => {
    const at = clock.now();
    labels += 1;
    const values = [
      { metric: "State", value: "running" },
      { metric: "Labels", value: labels },
      { metric: "HeadTemperature", value: 140 + 2 * Math.sin(labels / 6) },
    ];
    const units = new Map<string, string | null>(metrics.map(({ metric, unit }) => [metric, unit]));
    device.put(
      values.map(({ metric, value }) => ({
        metric: `${source}/${metric}`,
        at,
        value,
        unit: units.get(metric) ?? null,
      })),
    );
  };
  return {
    problem: () => problem,
    connected: device.connected,
    speak: () => void (timer ??= setInterval(say, everyMs)),
    stop(): void {
      clearInterval(timer);
      device.stop();
    },
  };
}
