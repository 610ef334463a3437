import type { Clock } from "#server/core/clock.ts";
import { signalProcess } from "#server/launcher/processes.ts";
import type {
  AdjustmentSummary,
  AdjustmentView,
} from "#server/execution/adjustments/adjustments.contract.ts";
import type { DemoAddress, StoryStep } from "./demo.contract.ts";
import { type ApiHand, askPlant, HandProblem } from "./hand.ts";

export interface Stage {
  readonly demo: DemoAddress;
  readonly api: ApiHand;
  readonly clock: Clock;
  /** Where the demo is now: another process after a restart. */
  find(): Promise<DemoAddress>;
  /** Shows a step on every screen and in the terminal. */
  tell(step: number, words: string, params?: StoryStep["params"]): Promise<void>;
  say(words: string): void;
  /** Signs in the demo's administrator, for what only that role may do. */
  administrator(): Promise<ApiHand>;
}

/** Asks again each half second until there is an answer. @throws HandProblem when it takes too long */
export async function until<T>(
  clock: Clock,
  what: string,
  ms: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const end = clock.monotonic() + ms;
  while (clock.monotonic() < end) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
    await clock.sleep(500);
  }
  throw new HandProblem(`Waited ${Math.round(ms / 1000)} s in vain: ${what}.`);
}

const machine = "press-2";

/** Nothing is sent to a machine whose station nobody can look at: waits until one is open. */
async function untilStation({ api, clock, say }: Stage): Promise<void> {
  const open = async () => {
    const { parts } = await api.get<{ parts: Record<string, { figures: Record<string, unknown> }> }>(
      "/health",
    );
    return Number(parts["screens"]?.figures["stations"] ?? 0) > 0 ? true : undefined;
  };
  if ((await open()) === true) return;
  say(
    "Open the station of press 2 first (its link is in the last words of npm start): a change is announced there.",
  );
  await until(clock, "no station was opened", 180_000, open);
}

/** Cooling clogs; the loop finds it, a supervisor approves, the machine obeys, the effect is measured. */
export async function playLoop(stage: Stage): Promise<void> {
  const { api, clock, demo, tell, say } = stage;
  const open = await api.get<AdjustmentSummary[]>(`/adjustments?machine=${machine}&show=open`);
  if (open.some((a) => a.state === "verifying" || a.state === "sent"))
    throw new HandProblem(
      `Another change of ${machine} is being measured; play the story when it has its verdict.`,
    );
  await untilStation(stage);
  await askPlant(demo, "/clear", { machine });
  await tell(1, "The cooling of press 2 begins to clog. Look at its station and at its melt temperature.");
  await askPlant(demo, "/fault", { name: "cooling-clog", machine });
  const known = new Set(open.map((a) => a.id));
  const proposed = await until(clock, `no change was proposed for ${machine}`, 90_000, async () =>
    (await api.get<AdjustmentSummary[]>(`/adjustments?machine=${machine}&show=open`)).find(
      (a) => a.state === "proposed" && (!known.has(a.id) || open.length > 0),
    ),
  );
  const change = { from: proposed.oldValue, to: proposed.newValue };
  await tell(
    2,
    `Drift is detected. Proposed: ${proposed.target.name} ${change.from} → ${change.to}, with its evidence. The supervisor looks at it.`,
    change,
  );
  await clock.sleep(5000);
  await api.post(`/adjustments/${proposed.id}/approve`, { version: proposed.version });
  await tell(3, "Approved by Dana. The station announces it; anybody there may press Hold.");
  const ends = new Set([
    "helped",
    "did_not_help",
    "cannot_tell",
    "rejected",
    "expired",
    "refused",
    "unknown",
    "held",
    "blocked",
  ]);
  let told = "";
  const verdict = await until(clock, "the change came to no verdict", 120_000, async () => {
    const now = await api.get<AdjustmentView>(`/adjustments/${proposed.id}`);
    if (now.state !== told) {
      told = now.state;
      say(
        `   ${now.state.replaceAll("_", " ")}${now.why === null ? "" : ` (${now.why.code.replaceAll("_", " ")})`}`,
      );
      if (now.state === "verifying")
        await tell(
          4,
          "The machine took the new set-point. The same sensors now measure whether scrap falls.",
        );
    }
    return ends.has(now.state) ? now : undefined;
  });
  await tell(5, `Verdict: ${verdict.state.replaceAll("_", " ")}.`, { verdict: verdict.state });
  await clock.sleep(8000);
  await askPlant(demo, "/clear", { machine });
  await tell(6, "The channel is cleaned. The whole way stands in the record of the change and in the audit.");
}

interface LogEntry {
  readonly n: number;
  readonly metric: string;
  readonly at: number;
  readonly value: unknown;
}

/** The server is killed, again and again; the edge keeps everything, and delivers. */
export async function playOutage({ api, clock, demo, find, tell, say }: Stage): Promise<void> {
  const metric = `${machine}/Cycles`;
  const { count: before } = (await askPlant(demo, "/log?limit=1")) as { count: number };
  const from = clock.now();
  await tell(1, "The server is killed, and again when it comes back. Machines and edge go on.");
  await clock.sleep(2000);
  let dead = 0;
  while (clock.now() < from + 20_000) {
    const address = await find().catch(() => null);
    if (address?.server != null && signalProcess(address.server, "SIGKILL")) dead += 1;
    await clock.sleep(2500);
  }
  say(`   killed ${dead} times`);
  const back = clock.monotonic();
  await until(clock, "the server did not come back", 60_000, async () =>
    (await fetch(`${demo.url}/api/v1/health`, { signal: AbortSignal.timeout(2000) })).ok ? true : undefined,
  );
  await tell(
    2,
    `The server is back after ${((clock.monotonic() - back) / 1000).toFixed(1)} s. The edge delivers what it kept.`,
  );
  await clock.sleep(8000);
  const to = clock.now() - 3000;
  const { entries } = (await askPlant(demo, `/log?after=${before}`)) as { entries: LogEntry[] };
  // A counter that stands still is said again and not stored again: what counts is each new value.
  const sent = new Set(
    entries.filter((e) => e.metric === metric && e.at >= from && e.at <= to).map((e) => e.value),
  );
  const { tags } = await api.get<{ tags: { id: number; metric: string }[] }>(`/machines/${machine}`);
  const tag = tags.find((t) => t.metric === metric);
  const trend = await api.get<{ value: (number | null)[] }>(
    `/tags/${tag?.id ?? 0}/readings?from=${from - 60_000}&to=${to + 3000}&points=4000`,
  );
  const stored = new Set(trend.value);
  const missing = [...sent].filter((value) => !stored.has(Number(value))).length;
  await tell(3, `Press 2 said ${sent.size} counts in that time; ${missing} are missing from its trend.`, {
    sent: sent.size,
    missing,
  });
  say(
    missing === 0 ? "   Nothing was lost." : "   The edge may still be delivering: look again in a moment.",
  );
}
