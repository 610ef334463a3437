// No zod in here: the tablet needs these values, and its first load carries no validator.
import type { Watch } from "./watch.contract.ts";

export type { Watch } from "./watch.contract.ts";

/** Raised whenever this file or watch.contract.ts changes; a test hashes them. A screen of another version reloads itself. */
export const protocolVersion = 1;
export const screensNamespace = "/screens";

/**
 * Columnar frame: values that changed since the last frame. `base` + `dt[i]` is the source time in ms. `q` is
 * the quality. `seq` grows by one per frame of this socket; `full` = a snapshot that replaces everything.
 */
export interface SampleBlock {
  readonly seq: number;
  readonly full: boolean;
  /** Server time at sending, ms; lets a screen measure its clock offset. */
  readonly now: number;
  readonly base: number;
  readonly tags: readonly number[];
  readonly dt: readonly number[];
  readonly values: readonly (number | string | boolean | null)[];
  readonly q: readonly number[];
}

/** Records of this topic and scope are newer than `version`; re-read them. */
export interface Changed {
  readonly topic: string;
  /** What it is about, as the fact says it. */
  readonly scope: string;
  /**
   * All scopes it concerns: a machine's fact concerns its line and the plant, a line's fact its machines.
   * `*` = every scope.
   */
  readonly concerns: readonly string[];
  readonly version: number;
}

/** An alarm's card, so that it is drawn before any re-read. */
export interface AlarmPush {
  readonly id: string;
  /** Null = no machine is meant. */
  readonly machineId: number | null;
  readonly version: number;
  readonly card: unknown;
}

export type WatchAnswer =
  /** `now` = server time, ms: with the time of asking and of the answer it gives the clock offset and its error. */
  { readonly ok: true; readonly now: number } | { readonly ok: false; readonly code: string };

export interface ScreenToServer {
  watch: (watch: Watch, answer: (answer: WatchAnswer) => void) => void;
  unwatch: (answer: () => void) => void;
}

export interface ServerToScreen {
  /** `cut` = why this screen's previous connection was ended by the server, if it was. */
  hello: (hello: { version: number; now: number; build: string; cut?: string }) => void;
  changed: (changed: Changed) => void;
  samples: (block: SampleBlock) => void;
  alarm: (alarm: AlarmPush) => void;
  reload: (why: { reason: string }) => void;
}
