import { and, eq, gt } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { enrolmentCode, source } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { appendAudit } from "#server/core/audit.ts";
import { publish } from "#server/core/facts.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { newToken, tokenHash } from "#server/core/tokens.ts";
import { tagsChanged } from "../tags/tags.facts.ts";
import type { Enrolled } from "./sources.contract.ts";

const actor: Actor = { kind: "service", name: "enrolment", roles: ["service"] };

/**
 * Spends a one-time code for a token. Whoever held a token of this source or edge before is shut out by it.
 * @param publicKey what an edge checks its documents with, SPKI PEM
 * @returns the token, given out this once and kept as a hash
 * @throws Refusal `code_wrong`: unknown, spent or too old
 */
export async function enrol(db: Db, code: string, publicKey: string, now: number): Promise<Enrolled> {
  return db.transaction(async (tx) => {
    const [spent] = await tx
      .delete(enrolmentCode)
      .where(and(eq(enrolmentCode.codeHash, tokenHash(code)), gt(enrolmentCode.expiresAt, new Date(now))))
      .returning();
    if (spent === undefined) throw new Refusal("code_wrong");
    const token = newToken();
    const hash = { tokenHash: tokenHash(token) };
    if (spent.sourceId !== null) {
      const [row] = await tx.update(source).set(hash).where(eq(source.id, spent.sourceId)).returning();
      if (row === undefined) throw new Refusal("code_wrong");
      const entry = { action: "source.enrol", objectType: "source", objectId: String(row.id) };
      await appendAudit(tx, actor, now, null, [entry]);
      await publish(tx, tagsChanged, "plant", { edgeIds: [row.edgeId] }, now);
      return { kind: "source", source: row.code, token };
    }
    const [row] = await tx
      .update(edge)
      .set(hash)
      .where(eq(edge.id, spent.edgeId ?? 0))
      .returning();
    if (row === undefined) throw new Refusal("code_wrong");
    const entry = { action: "edge.enrol", objectType: "edge", objectId: String(row.id) };
    await appendAudit(tx, actor, now, null, [entry]);
    return { kind: "edge", edge: row.code, token, publicKey };
  });
}
