import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { eq } from "drizzle-orm";
import { expect, vi } from "vitest";
import { source, tag } from "#db/schema/device/tags.ts";
import { deviceToken, type RunningEdge, startEdge } from "#server/edge/testing/edges.ts";
import { tempFolder } from "#server/edge/testing/queues.ts";
import type { TestIngest } from "./testing.ts";

/**
 * A real edge of the plant, whose source hears socket.io devices. What a device says as `m0` is stored as it comes: no
 * deadband stands between the test and the table.
 */
export async function testEdge({ db, plant, server }: TestIngest): Promise<RunningEdge> {
  const tokenHash = createHash("sha256").update(deviceToken).digest();
  const { edgeId, edgeCode: code, token, sourceId, numbers } = plant;
  await db
    .update(source)
    .set({ driver: "socketio", code: "packing", tokenHash })
    .where(eq(source.id, sourceId));
  await db
    .update(tag)
    .set({ meaning: "good" })
    .where(eq(tag.id, numbers[0] ?? 0));
  const folder = tempFolder("edge");
  const publicKey = server.publicKey.export({ type: "spki", format: "pem" }).toString();
  const edge = await startEdge(folder, { url: server.url, publicKey }, { code, token });
  const sources = await db.$count(source, eq(source.edgeId, edgeId));
  await vi.waitFor(() => expect(edge.health().sources).toHaveLength(sources), 15_000);
  return {
    ...edge,
    async stop() {
      await edge.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
