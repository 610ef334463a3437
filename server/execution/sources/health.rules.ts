import type { EdgeHealth } from "#server/edge/uplink.contract.ts";
import type { SourceHealth, SourceState } from "./sources.contract.ts";

/** Connected, and nothing for this long: people want to know, ms. */
const silentMs = 60_000;

export interface HealthInput {
  readonly id: number;
  readonly enabled: boolean;
  /** What the edge last said of itself; null = it is not in touch with the server. */
  readonly edge: EdgeHealth | null;
  /** Messages a second; null = not known yet. */
  readonly rate: number | null;
  readonly now: number;
}

/** How a source is, from what its edge says. What nobody can know is null, never 0. */
export function sourceHealth({ id, enabled, edge, rate, now }: HealthInput): SourceHealth {
  const said = edge?.sources.find((source) => source.id === id);
  return {
    state: stateOf(enabled, edge, said, now),
    lastMessageAt: said?.lastMessageAt ?? null,
    rate: said === undefined ? null : rate,
    messages: said?.messages ?? null,
    errors: said?.errors ?? null,
    skewMs: said?.skewMs ?? null,
    backlog: edge?.unackedReadings ?? null,
    backlogMs: edge?.oldestUnackedMs ?? null,
    problem: said?.problem ?? null,
    certificates: said?.certificates ?? null,
  };
}

function stateOf(
  enabled: boolean,
  edge: EdgeHealth | null,
  said: EdgeHealth["sources"][number] | undefined,
  now: number,
): SourceState {
  if (!enabled) return "off";
  if (edge === null) return "edge_away";
  if (said === undefined) return "waiting";
  if (!said.connected)
    return said.lastMessageAt === null && said.problem == null ? "waiting" : "not_connected";
  return said.lastMessageAt === null || now - said.lastMessageAt > silentMs ? "silent" : "live";
}

/** Messages a second of each source between two healths of one edge, by source id; a counter that fell began anew. */
export function messageRates(before: EdgeHealth | null, after: EdgeHealth): ReadonlyMap<number, number> {
  const seconds = before === null ? 0 : (after.at - before.at) / 1000;
  if (before === null || seconds <= 0) return new Map();
  const then = new Map(before.sources.map((source) => [source.id, source.messages]));
  return new Map(
    after.sources.flatMap(({ id, messages }) => {
      const last = then.get(id);
      return last === undefined ? [] : [[id, Math.max(0, messages - (messages < last ? 0 : last)) / seconds]];
    }),
  );
}
