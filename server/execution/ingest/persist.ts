import { isTransient } from "#db/errors.ts";
import type { IngestAnswer } from "./ingest-call.ts";

/** What halving needs to know of a batch. */
export interface Halving<B> {
  size(batch: B): number;
  slice(batch: B, from: number, to: number): B;
  write(batch: B): Promise<IngestAnswer>;
  /** A batch of one that cannot be written, as one that can: with its reason in place of what it said. */
  asDead(batch: B, reason: string): B;
  onFailure(error: unknown, batch: B): void;
}

/** After this many failures of one range that are not the database's trouble, it is halved. */
const maxFailures = 3;

/**
 * Writes a batch. One poisonous element must not hold up its stream: when the same range keeps failing, it is found
 * by halving and becomes a dead letter; everything around it is stored, in order.
 * @throws what {@link isTransient}: the database is away or busy, nothing is wrong with the batch
 */
export async function persist<B>(batch: B, halving: Halving<B>): Promise<IngestAnswer> {
  for (let failures = 1; ; failures++) {
    try {
      return await halving.write(batch);
    } catch (error) {
      if (isTransient(error)) throw error;
      halving.onFailure(error, batch);
      if (failures >= maxFailures) return halve(batch, halving, String(error));
    }
  }
}

async function halve<B>(batch: B, halving: Halving<B>, reason: string): Promise<IngestAnswer> {
  const count = halving.size(batch);
  if (count === 1) return halving.write(halving.asDead(batch, reason));
  const middle = count >> 1;
  const left = await once(halving.slice(batch, 0, middle), halving);
  return left.status === "expect" ? left : once(halving.slice(batch, middle, count), halving);
}

async function once<B>(part: B, halving: Halving<B>): Promise<IngestAnswer> {
  try {
    return await halving.write(part);
  } catch (error) {
    if (isTransient(error)) throw error;
    return halve(part, halving, String(error));
  }
}
