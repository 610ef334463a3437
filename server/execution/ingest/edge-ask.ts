import { Refusal } from "#server/core/refusal.contract.ts";
import { ProbeAnswer, type ProbeAsk, SeenValue } from "#server/edge/uplink.contract.ts";
import type { EdgeSession } from "./edge-session.ts";

const answers = { probe: ProbeAnswer, peek: SeenValue.array() };
/** Beside the time it listens an edge needs a moment to stop what it tried. */
const probeRestMs = 6000;
const peekMs = 3000;

export function askEdge(session: EdgeSession | undefined, what: "probe", ask: ProbeAsk): Promise<ProbeAnswer>;
export function askEdge(
  session: EdgeSession | undefined,
  what: "peek",
  ask: { sourceId: number },
): Promise<readonly SeenValue[]>;
/** One question to a connected edge. @throws Refusal `edge_away` without a connection, or an answer in time */
export async function askEdge(
  session: EdgeSession | undefined,
  what: "probe" | "peek",
  ask: ProbeAsk | { sourceId: number },
): Promise<unknown> {
  if (session?.socket.connected !== true) throw new Refusal("edge_away");
  const timeout = "forMs" in ask ? ask.forMs + probeRestMs : peekMs;
  const socket = session.socket.timeout(timeout);
  let answer: unknown;
  try {
    answer = "forMs" in ask ? await socket.emitWithAck("probe", ask) : await socket.emitWithAck("peek", ask);
  } catch {
    throw new Refusal("edge_away");
  }
  const parsed = answers[what].safeParse(answer);
  if (!parsed.success) throw new Refusal("edge_away");
  return parsed.data;
}
