import { z } from "zod";

/** Raised whenever a type in this file changes; a test hashes them. A screen of another version reloads itself. */
export const protocolVersion = 1;
export const screensNamespace = "/screens";

/** What a screen may watch. `samples` carries tag ids; the others carry `changed` for records of that scope. */
export const Watch = z.object({
  /** e.g. `machine:3`, `line:1`, `plant`, `station:<uuid>`, `adjustment:<uuid>`. */
  scopes: z.array(z.string().max(64)).max(64),
  tags: z.array(z.number().int()).max(2000),
  /** Frames a second the screen wants; ≤ 20 at a desk, ≤ 10 at a kiosk. */
  hz: z.number().min(0.1).max(20),
});
export type Watch = z.infer<typeof Watch>;

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
  readonly scope: string;
  readonly version: number;
}

export interface ScreenToServer {
  watch: (watch: Watch, answer: (answer: { ok: true } | { ok: false; code: string }) => void) => void;
  unwatch: (answer: () => void) => void;
}

export interface ServerToScreen {
  hello: (hello: { version: number; now: number; build: string }) => void;
  changed: (changed: Changed) => void;
  samples: (block: SampleBlock) => void;
  /** An alarm's card, so that it is drawn before any re-read. */
  alarm: (alarm: { id: string; machineId: number; version: number; card: unknown }) => void;
  reload: (why: { reason: string }) => void;
}
