import type { Db } from "#db/client.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { Correction, CorrectionPreview } from "./corrections.contract.ts";
import { workOut } from "./work-out.ts";

class Undo extends Error {}

/**
 * What a correction would restate. It is done, looked at, and undone: nothing is kept, nobody is told.
 * @throws Refusal as `saveCorrection` would
 */
export async function previewCorrection(
  deps: { readonly db: Db; readonly now: number; readonly actor: Actor },
  correction: Correction,
): Promise<CorrectionPreview> {
  const { db, now, actor } = deps;
  const refusal = whyNotAllowed(actor, "job.correct", { machineId: correction.machineId });
  if (refusal !== null) throw refusal;
  let preview: CorrectionPreview | undefined;
  await db
    .transaction(async (tx) => {
      ({ preview } = await workOut({ tx, now, asOf: now, actor, id: crypto.randomUUID() }, correction));
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });
  if (preview === undefined) throw new Error("the preview said nothing");
  return preview;
}
