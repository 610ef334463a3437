import { createHash } from "node:crypto";
import { desc } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { audit } from "#db/schema/core/core.ts";
import type { Actor } from "./actor.contract.ts";
import { lockRecords } from "./facts.ts";

/** One line of the record: who did what to which object, before and after, and why. */
export interface AuditEntry {
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly machineId?: number | undefined;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string | undefined;
}

/** JSON with sorted keys (RFC 8785 for what we store: no NaN, plain strings), so that a hash is repeatable. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((v) => canonicalJson(v ?? null)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

export interface AuditHashed extends AuditEntry {
  readonly seq: number;
  readonly at: number;
  readonly actor: Actor;
  readonly commandId: string | null;
}

/** SHA-256 over the previous row's hash and this row in canonical form. */
export function auditHash(prev: Uint8Array, row: AuditHashed): Buffer {
  const body = canonicalJson({
    ...row,
    before: row.before ?? null,
    after: row.after ?? null,
    reason: row.reason ?? null,
    machineId: row.machineId ?? null,
  });
  return createHash("sha256").update(prev).update(body).digest();
}

/** Appends rows to the chain, in the transaction of the change they describe. */
export async function appendAudit(
  tx: Tx,
  actor: Actor,
  now: number,
  commandId: string | null,
  entries: readonly AuditEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await lockRecords(tx);
  const [last] = await tx
    .select({ seq: audit.seq, hash: audit.hash })
    .from(audit)
    .orderBy(desc(audit.seq))
    .limit(1);
  let seq = last?.seq ?? 0;
  let prev: Uint8Array = last?.hash ?? Buffer.alloc(32);
  const rows: (typeof audit.$inferInsert)[] = [];
  for (const entry of entries) {
    seq += 1;
    // Through JSON once, so that what is hashed is what the database gives back.
    const plain = (v: unknown): unknown => (v === undefined ? null : JSON.parse(JSON.stringify(v)));
    const row = { ...entry, before: plain(entry.before), after: plain(entry.after) };
    const hash = auditHash(prev, { ...row, seq, at: now, actor, commandId });
    rows.push({
      seq,
      at: new Date(now),
      actor,
      personId: actor.personId ?? null,
      stationId: actor.stationId ?? null,
      action: entry.action,
      objectType: entry.objectType,
      objectId: entry.objectId,
      machineId: entry.machineId ?? null,
      before: row.before,
      after: row.after,
      reason: entry.reason ?? null,
      commandId,
      prevHash: Buffer.from(prev),
      hash,
    });
    prev = hash;
  }
  // A file makes a thousand lines, and whoever else writes one waits for the last of them.
  for (let i = 0; i < rows.length; i += perInsert) {
    await tx.insert(audit).values(rows.slice(i, i + perInsert));
  }
}

const perInsert = 200;
