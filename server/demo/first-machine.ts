import { randomBytes, randomUUID } from "node:crypto";
import { edgeCode } from "#server/device/simulator/layout.ts";
import { createDevice } from "#server/device/socketio/client-example.ts";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { ProductView } from "#server/execution/orders/products.contract.ts";
import type { PlantView } from "#server/execution/plant/plant.contract.ts";
import type { EdgeView, Enrolled, EnrolmentCodeView } from "#server/execution/sources/sources.contract.ts";
import type { DiscoveredMetricView } from "#server/execution/tags/tags.contract.ts";
import type { RunningOee } from "#server/enterprise/oee/oee.contract.ts";
import { ApiHand } from "./hand.ts";
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

/** The ideal cycle of a label, ms: it is a little slower, so that there is a loss to see. */
const idealMs = 400;
const partsAtLeast = 20;

/**
 * The road of the setup list, walked through the public API by one who has a machine and nothing else: it is turned
 * away, added, let in by a one-time code, discovered, mapped, given a product and an order, and its first OEE is
 * compared with what one works out by hand. Nothing is restarted. Played again it adds the next machine.
 */
export async function playFirstMachine(stage: Stage): Promise<void> {
  const { clock, tell, say, api } = stage;
  await tell(1, "A label printer that nobody knows speaks to the edge, and is turned away.");
  const stranger = connect(stage, "label-printer", randomBytes(16).toString("hex"));
  try {
    await until(clock, "the edge said nothing to a stranger", 20_000, async () => stranger.problem());
  } finally {
    stranger.stop();
  }
  say(`   the edge: ${stranger.problem() ?? ""}`);

  const admin = await stage.administrator();
  const { code, name, machineId, sourceId } = await addPrinter(admin);
  // The code is spent by the device; what it gets for it is known to nobody else.
  const once = await admin.post<EnrolmentCodeView>(`/sources/${sourceId}/code`, {});
  const enrolled = await new ApiHand(stage.demo.url).post<Enrolled>("/enrol", { code: once.code });
  await tell(
    2,
    `${name}, its line, its shifts and its source are added; a one-time code lets it in. No restart.`,
    { name },
  );
  const printer = connect(stage, code, enrolled.token);
  let jobId: string | null = null;
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
    const inState = (word: string) =>
      until(clock, `the machine is not ${word} on any screen`, 30_000, async () =>
        (await view()).state.word === word ? true : undefined,
      );
    await inState("idle");
    say(`   ${stage.demo.url}/office/machines/${code}`);

    jobId = await orderLabels(admin, machineId, code);
    await api.post(`/jobs/${jobId}/start`, { machineId });
    printer.run();
    await inState("running");
    await tell(5, `A product with its ideal cycle of ${idealMs / 1000} s, an order, and it runs.`, {
      seconds: idealMs / 1000,
    });
    const good = await until(clock, "its labels are not counted", 40_000, async () => {
      const counted = (await view()).pace.good;
      return counted >= partsAtLeast ? counted : undefined;
    });
    await tell(6, `${name} runs, and ${good} labels are counted. Its page is as that of any other machine.`, {
      name,
      good,
    });
    const told = await until(clock, "its shift has no OEE yet", 40_000, async () => {
      const [record] = await admin.get<RunningOee[]>(`/oee/running?machine=${code}`);
      return (record?.ratios.oee ?? 0) > 0 ? record : undefined;
    });
    const { counts, buckets, ratios } = told;
    const percent = (share: number) => Math.round(share * 1000) / 10;
    const byHand = percent((counts.good * idealMs) / buckets.pbt);
    const oee = percent(ratios.oee ?? 0);
    await tell(
      7,
      `Its first OEE: ${oee} %. By hand: ${counts.good} labels of ${idealMs / 1000} s in ${Math.round(buckets.pbt / 1000)} s are ${byHand} %.`,
      { oee, good: counts.good, seconds: idealMs / 1000, time: Math.round(buckets.pbt / 1000), byHand },
    );
    say(`   ${stage.demo.url}/reports`);
    await clock.sleep(10_000);
  } finally {
    if (jobId !== null) await api.post(`/jobs/${jobId}/finish`, { machineId }).catch(() => undefined);
    printer.stop();
  }
  say("   It is switched off again: its page will say no data, which is not idle.");
}

/** The next label printer: on a line with shifts around the clock, with a source of its own at the demo's edge. */
async function addPrinter(admin: ApiHand) {
  const { lines } = await admin.get<PlantView>("/plant");
  const code = nextCode(lines.flatMap(({ machines }) => machines));
  const name = `Label printer ${code.slice(codeStart.length)}`;
  const lineId = lines.find((line) => line.code === "labelling")?.id ?? (await addLine(admin));
  const machine = { lineId, code, name, kind: "printer", microStopMs: 5000, staleMs: 15_000 };
  const { machineId } = await admin.post<{ machineId: number }>("/plant/machines", machine);
  const [edge] = (await admin.get<EdgeView[]>("/edges")).filter((one) => one.code === edgeCode);
  const source = { edgeId: edge?.id, code, driver: "socketio", config: {} };
  const { sourceId } = await admin.post<{ sourceId: number }>("/sources", source);
  return { code, name, machineId, sourceId };
}

const codeStart = "label-";

function nextCode(machines: readonly { readonly code: string }[]): string {
  const numbers = machines
    .filter(({ code }) => code.startsWith(codeStart))
    .map(({ code }) => Number(code.slice(codeStart.length)) || 0);
  return `${codeStart}${Math.max(0, ...numbers) + 1}`;
}

async function addLine(admin: ApiHand): Promise<number> {
  const line = { code: "labelling", name: "Labelling" };
  const { lineId } = await admin.post<{ lineId: number }>("/plant/lines", line);
  const weekdays = [1, 2, 3, 4, 5, 6, 7];
  // Whenever the story is played, a shift runs.
  for (const [name, startLocal, endLocal] of [
    ["Day", "06:00", "18:00"],
    ["Night", "18:00", "06:00"],
  ])
    await admin.post("/shift-patterns", { lineId, name, weekdays, startLocal, endLocal });
  return lineId;
}

/** An order of labels for this machine. @returns its job */
async function orderLabels(admin: ApiHand, machineId: number, code: string): Promise<string> {
  const known = (await admin.get<ProductView[]>("/products")).find((one) => one.code === "LABEL");
  const label = { code: "LABEL", name: "Label" };
  const productId = known?.id ?? (await admin.post<{ productId: string }>("/products", label)).productId;
  await admin.post(`/products/${productId}/standard`, { machineId, cycleMs: idealMs });
  const jobs = [{ machineId, operation: "print" }];
  const order = { code: code.toUpperCase(), productId, quantity: 1000, jobs };
  const { jobIds } = await admin.post<{ jobIds: string[] }>("/orders", order);
  return jobIds[0] ?? "";
}

/** The machine's own side: the published client for devices. */
function connect({ demo, clock }: Stage, source: string, token: string) {
  let problem: string | undefined;
  let state = "idle";
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
    if (state === "running") labels += 1;
    const values = [
      { metric: "State", value: state },
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
    run: () => void (state = "running"),
    stop(): void {
      clearInterval(timer);
      device.stop();
    },
  };
}
