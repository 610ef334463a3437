import { defineCommand } from "#server/core/command.ts";
import { holdsAt, saidFrom } from "#server/core/dated.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { replaceShares } from "./bill.commands.ts";
import { CopyProduct } from "./definition.contract.ts";
import { billOf } from "./definition.queries.ts";
import { sharesOf, standardsOf } from "./dated.queries.ts";
import { lockProduct } from "./definition-store.ts";
import { replaceStandards } from "./products.commands.ts";
import { listProducts } from "./products.queries.ts";
import { putRouting } from "./routing.commands.ts";
import { routingAt } from "./routing.queries.ts";

/**
 * Says of a product, from now on, what holds of another one now. What the target has and the source has not stays.
 * @throws Refusal not_found, nothing_changes, bill_circle
 */
export const copyProduct = defineCommand({
  name: "product.copy",
  input: CopyProduct,
  allow: () => ({ action: "product.manage" }),
  run: async (context, { productId, sourceId, what }) => {
    const { tx, now } = context;
    if (productId === sourceId) throw new Refusal("nothing_changes", {}, "sourceId");
    // Always in the same order, so that two who copy crosswise do not wait for each other for ever.
    for (const id of [productId, sourceId].toSorted()) await lockProduct(tx, id);
    const [source] = await listProducts(tx, sourceId);
    let done = 0;
    for (const { machineId, cycleMs, partsPerCycle } of (source?.standards ?? []).filter(holdsNow(now))) {
      if (!what.includes("standards")) break;
      const before = await standardsOf(tx, productId, machineId);
      const held = holdsAt(before, now);
      if (held?.cycleMs === cycleMs && held.partsPerCycle === partsPerCycle) continue;
      const start = before.length === 0 ? null : now;
      const after = saidFrom(before, start, { cycleMs, partsPerCycle });
      await replaceStandards(context, productId, machineId, before, after);
      done += 1;
    }
    const routing = what.includes("routing") ? await routingAt(tx, sourceId, now) : undefined;
    if (routing !== undefined) {
      const made = await putRouting(context, productId, routing.operations).catch(nothingNew);
      if (made !== null) done += 1;
    }
    for (const line of (await billOf(tx, sourceId)).filter(holdsNow(now))) {
      if (!what.includes("bill")) break;
      const { materialId, componentId, perPart, scrapPercent } = line;
      const before = await sharesOf(tx, productId, { materialId, componentId });
      const held = holdsAt(before, now);
      if (held?.perPart === perPart && held.scrapPercent === scrapPercent) continue;
      const start = before.length === 0 ? null : now;
      const after = saidFrom(before, start, { perPart, scrapPercent });
      await replaceShares(context, productId, { materialId, componentId }, before, after);
      done += 1;
    }
    if (done === 0) throw new Refusal("nothing_changes");
    return { productId };
  },
});

const holdsNow =
  (now: number) =>
  (row: { from: number | null; to: number | null }): boolean =>
    holdsAt([row], now) !== undefined;

function nothingNew(error: unknown): null {
  if (error instanceof Refusal && error.code === "nothing_changes") return null;
  throw error;
}
