/** What a tag means to the execution tier, whatever the machine calls it. */
export const tagMeanings = [
  /** Machine state word: see `machineWords` in server/execution/machine-state. */
  "state",
  /** Fault code as text; empty = none. */
  "fault",
  /** Cumulative counters of the machine; they may reset or roll over. */
  "good",
  "scrap",
  "cycles",
  /** Length of the last cycle in ms, one reading per cycle. */
  "cycle_time",
  /** True = guard open. Read-only safety signal. */
  "guard",
  /** True = the machine takes remote set-points. */
  "remote",
  /** A process value. */
  "measurement",
  /** A set-point, as the machine echoes it. */
  "setpoint",
  /** Remaining material at the machine, in the material's unit. */
  "material",
  "energy",
] as const;
export type TagMeaning = (typeof tagMeanings)[number];

/** OPC-like quality. Stale = true once, link lost since. Worst (highest) wins for derived values. */
export const quality = { good: 0, uncertain: 1, bad: 2, stale: 3 } as const;
export type Quality = (typeof quality)[keyof typeof quality];
