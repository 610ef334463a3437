import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs } from "#db/sql.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { differFrom, saidFrom } from "#server/core/dated.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { materialChanged } from "../materials/materials.facts.ts";
import { SetBill } from "./bill.contract.ts";
import { circleOf, type PartOf } from "./bill.rules.ts";
import { billField } from "./definition-fields.rules.ts";
import { type Component, type Share, sharesOf } from "./dated.queries.ts";
import { lockProduct, writeShares } from "./definition-store.ts";
import { productChanged } from "./products.facts.ts";
import { postUseSince } from "./run-end.ts";

/**
 * Says what one part of a product holds of a material or of another product, from a time on. What held before stays for
 * the time before. A job uses what held when it ran: a past `from` posts the use of the runs since then anew.
 * @throws Refusal not_found, bill_circle
 */
export const setBill = defineCommand({
  name: "bill.set",
  input: SetBill,
  allow: () => ({ action: "product.manage" }),
  run: async (context, { productId, materialId = null, componentId = null, perPart, scrapPercent, from }) => {
    const { tx, now } = context;
    await lockProduct(tx, productId);
    const component = { materialId, componentId };
    const before = await sharesOf(tx, productId, component);
    const start = from ?? (before.length === 0 ? null : now);
    const share = perPart === 0 ? null : { perPart, scrapPercent };
    await replaceShares(context, productId, component, before, saidFrom(before, start, share));
    return { productId };
  },
});

/** Puts other shares in the place of those that were said. @throws Refusal not_found, bill_circle */
export async function replaceShares(
  context: CommandContext,
  productId: string,
  component: Component,
  before: readonly Share[],
  after: readonly Share[],
): Promise<void> {
  const { tx, now } = context;
  await refuseUnknown(tx, component);
  if (component.componentId !== null)
    await refuseCircle(tx, productId, { ...component, componentId: component.componentId }, after);
  await writeShares(tx, productId, component, after);
  context.audit({
    action: "bill.set",
    objectType: "product",
    objectId: productId,
    before: { [billField(component)]: before },
    after: { [billField(component)]: after },
  });
  const from = differFrom(before, after);
  if (from !== null) await postUseSince(tx, productId, from, now);
  context.publish(productChanged, "plant", { productId });
  if (component.materialId !== null)
    context.publish(materialChanged, "plant", { materialId: component.materialId });
}

async function refuseUnknown(tx: Tx, { materialId, componentId }: Component): Promise<void> {
  const [known] = await tx.execute(
    materialId === null
      ? sql`select id from product where id = ${componentId}`
      : sql`select id from material where id = ${materialId}`,
  );
  if (known === undefined)
    throw new Refusal("not_found", {}, materialId === null ? "componentId" : "materialId");
}

/** Bills are looked through as a whole, so two that would close a circle together take turns. */
async function refuseCircle(
  tx: Tx,
  productId: string,
  component: Component & { componentId: string },
  shares: readonly Share[],
): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(7305)`);
  const parts = await tx.execute<PartOf & Record<string, unknown>>(sql`
    select product_id as "productId", component_id as "componentId",
      nullif(${epochMs(sql`lower(during)`)}, '-infinity') as "from", ${epochMs(sql`upper(during)`)} as "to"
    from bill_of_material where component_id is not null
      and not (product_id = ${productId} and component_id = ${component.componentId})`);
  for (const { from, to } of shares) {
    const circle = circleOf(parts, { productId, componentId: component.componentId, from, to });
    if (circle === null) continue;
    const codes = new Map(
      (
        await tx.execute<{ id: string; code: string }>(
          sql`select id, code from product where id = any(${`{${circle.join(",")}}`}::uuid[])`,
        )
      ).map(({ id, code }) => [id, code]),
    );
    const chain = circle.map((id) => codes.get(id) ?? id).join(" → ");
    throw new Refusal("bill_circle", { chain }, "componentId");
  }
}
