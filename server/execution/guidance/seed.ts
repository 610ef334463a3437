import { eq } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { instruction, instructionVersion } from "#db/schema/execution/guidance.ts";
import { demoInstructions } from "./demo-instructions.ts";
import { Steps } from "./guidance.contract.ts";

/**
 * The demo's instructions, each released as its first version. What a live-bound step waits for is divided by the
 * speed of the plant, but never so short that one lucky reading passes it.
 */
export async function seedGuidance(
  db: Db | Tx,
  { speed, now }: { readonly speed: number; readonly now: number },
): Promise<void> {
  for (const { code, title, steps } of demoInstructions((ms) => Math.max(1500, Math.round(ms / speed)))) {
    await db.insert(instruction).values({ code }).onConflictDoNothing();
    const [row] = await db.select({ id: instruction.id }).from(instruction).where(eq(instruction.code, code));
    if (row === undefined) continue;
    await db
      .insert(instructionVersion)
      .values({
        instructionId: row.id,
        version: 1,
        state: "released",
        title,
        steps: Steps.parse(steps),
        releasedAt: new Date(now),
        releasedBy: "Demo",
      })
      .onConflictDoNothing();
  }
}
