import type {
  Actuation,
  ActuationAnswer,
  EdgeHealth,
  ProbeAnswer,
  ProbeAsk,
  SeenValue,
} from "#server/edge/uplink.contract.ts";

/** What the execution tier may ask of a connected edge. */
export interface EdgeLink {
  online(edgeId: number): boolean;
  /**
   * Sends one actuation, once, and waits for the edge's word. Never throws and never repeats: no answer within
   * `timeoutMs` is `unknown`; an edge that is not connected was never asked, which is `refused` (`edge_away`).
   */
  actuate(edgeId: number, actuation: Actuation, timeoutMs: number): Promise<ActuationAnswer>;
  /** Sends the edge its document if the one it has is not the newest. Does nothing while it is away. */
  sendDocument(edgeId: number): Promise<void>;
  /** What each connected edge last said of itself, by edge id. */
  health(): Readonly<Record<number, EdgeHealth>>;
}

/** What whoever connects machines may ask of an edge. Nothing here reaches a machine's controls. */
export interface EdgeEye {
  /** What each connected edge last said of itself, by edge id. */
  health(): Readonly<Record<number, EdgeHealth>>;
  /** Messages a second of each source over the last two healths, by source id. */
  rates(): ReadonlyMap<number, number>;
  /** Tries a source that is not set up. @throws Refusal `edge_away`, also when there is no answer in time */
  probe(edgeId: number, ask: ProbeAsk): Promise<ProbeAnswer>;
  /** What a source last said under names that no tag has. @throws Refusal `edge_away` */
  peek(edgeId: number, sourceId: number): Promise<readonly SeenValue[]>;
}
