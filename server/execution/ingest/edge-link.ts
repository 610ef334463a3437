import type { Actuation, ActuationAnswer, EdgeHealth } from "#server/edge/uplink.contract.ts";

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
