/** What the bench asks of its edge process. Each order but `stop` is answered with a report of the same id. */
export type LoadOrder =
  | { readonly kind: "batched"; readonly id: string; readonly seconds: number }
  | { readonly kind: "single"; readonly id: string; readonly seconds: number; readonly sources: number }
  | { readonly kind: "report"; readonly id: string }
  | { readonly kind: "stop" };

export interface LoadReport {
  readonly id: string;
  /** Readings that the edge's disk has. */
  readonly stored: number;
  readonly unacked: number;
  readonly online: boolean;
  readonly cpuMs: number;
  readonly rssMb: number;
}
