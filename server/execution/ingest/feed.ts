import type { TagMeaning } from "#server/device/tag.contract.ts";
import type { ConsumedReading } from "./consumer.ts";

/** One queue of one stream, as far as it is committed. */
export interface Feed {
  readonly key: string;
  readonly streamId: number;
  readonly lane: number;
  readonly epoch: string;
  readonly createdAt: number;
  historical: boolean;
  acked: number;
}

/** Which tags a consumer wants, and what it is told of them. */
export interface Wanted {
  has(tagId: number): boolean;
  get(tagId: number): { machineId: number; meaning: TagMeaning } | undefined;
  readonly ids: readonly number[];
}

/** The part of a queue that is worked on: what follows `position`, by sequence, and was committed up to `upTo`. */
export interface Stretch {
  readonly position: number;
  readonly upTo: number;
}

export interface Chunk {
  /** Everything up to here has been looked at. */
  readonly last: number;
  readonly historical: boolean;
  readonly readings: readonly ConsumedReading[];
}

export const feedKey = (streamId: number, epoch: string): string => `${streamId}/${epoch}`;
