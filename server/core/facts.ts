import { sql } from "drizzle-orm";
import type { z } from "zod";
import type { Tx } from "#db/client.ts";
import { fact as factTable } from "#db/schema/core/core.ts";

/** What a tier tells the tiers above: one topic, typed data. Written in `*.facts.ts`. */
export interface FactKind<T> {
  readonly topic: string;
  readonly schema: z.ZodType<T>;
}

/** A fact as it stands in the outbox. `scope` says what it is about, e.g. `machine:3`. */
export interface Fact<T = unknown> {
  readonly id: number;
  readonly topic: string;
  readonly scope: string;
  readonly data: T;
  readonly at: number;
}

export function defineFact<T>(topic: string, schema: z.ZodType<T>): FactKind<T> {
  return { topic, schema };
}

/** The channel of the doorbell; listeners read the outbox from their cursor, so a lost ring loses nothing. */
export const factChannel = "fact";

/**
 * One lock for outbox and audit chain, held to the end of the transaction: ids come in commit order, else a
 * reader with an id cursor would skip the facts of a slow transaction for ever.
 */
export async function lockRecords(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(7301)`);
}

/** Puts a fact into the outbox. Call it last in the transaction: it holds the records lock until commit. */
export async function publish<T>(
  tx: Tx,
  kind: FactKind<T>,
  scope: string,
  data: T,
  now: number,
): Promise<void> {
  await lockRecords(tx);
  await tx
    .insert(factTable)
    .values({ topic: kind.topic, scope, data: kind.schema.parse(data), at: new Date(now) });
  await tx.execute(sql`select pg_notify(${factChannel}, ${kind.topic})`);
}
