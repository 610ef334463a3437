import { createHash, timingSafeEqual } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { EdgeHello } from "#server/edge/uplink.contract.ts";

export interface AdmittedEdge {
  readonly id: number;
  readonly code: string;
  readonly documentVersion: number;
  /** Hash of the token it showed, hex: once it is another's, the connection ends. */
  readonly tokenHash: string;
}

/**
 * Who connects, or null. An unknown edge and a wrong token cost the same time and get the same answer.
 * @param auth what the socket said of itself, of any shape
 */
export async function admitEdge(db: Db, auth: unknown): Promise<AdmittedEdge | null> {
  const hello = EdgeHello.safeParse(auth);
  if (!hello.success) return null;
  const [known] = await db.select().from(edge).where(eq(edge.code, hello.data.edge));
  const given = createHash("sha256").update(hello.data.token).digest();
  const expected = Buffer.from(known?.tokenHash ?? []);
  const comparable = expected.length === given.length ? expected : Buffer.alloc(given.length);
  const same = timingSafeEqual(given, comparable);
  if (known === undefined || !same || comparable !== expected) return null;
  return {
    id: known.id,
    code: known.code,
    documentVersion: hello.data.documentVersion,
    tokenHash: given.toString("hex"),
  };
}
