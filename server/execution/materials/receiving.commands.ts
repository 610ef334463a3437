import { and, eq, sql } from "drizzle-orm";
import { billOfMaterial, lot, material, product } from "#db/schema/execution/orders.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddMaterial, ReceiveLot, SetBill } from "./materials.contract.ts";
import { lotReceived, materialChanged } from "./materials.facts.ts";

/** @throws Refusal already_taken @returns the new id */
export const addMaterial = defineCommand({
  name: "material.add",
  input: AddMaterial,
  allow: () => ({ action: "product.manage" }),
  run: async (context, input) => {
    const [made] = await context.tx
      .insert(material)
      .values(input)
      .onConflictDoNothing()
      .returning({ id: material.id });
    if (made === undefined) throw new Refusal("already_taken", { value: input.code }, "code");
    context.audit({ action: "material.add", objectType: "material", objectId: made.id, after: input });
    context.publish(materialChanged, "plant", { materialId: made.id });
    return { materialId: made.id };
  },
});

/** Says what one part of a product needs of a material; it holds for what is posted from now on. */
export const setBill = defineCommand({
  name: "bill.set",
  input: SetBill,
  allow: () => ({ action: "product.manage" }),
  run: async (context, { productId, materialId, perPart }) => {
    const { tx } = context;
    const [known] = await tx.execute(sql`
      select p.id from product p, material m where p.id = ${productId} and m.id = ${materialId} for update of p`);
    if (known === undefined) throw new Refusal("not_found", {}, "materialId");
    const mine = and(eq(billOfMaterial.productId, productId), eq(billOfMaterial.materialId, materialId));
    const [before] = await tx.select().from(billOfMaterial).where(mine);
    if (perPart === 0) await tx.delete(billOfMaterial).where(mine);
    else
      await tx
        .insert(billOfMaterial)
        .values({ productId, materialId, perPart })
        .onConflictDoUpdate({
          target: [billOfMaterial.productId, billOfMaterial.materialId],
          set: { perPart },
        });
    context.audit({
      action: "bill.set",
      objectType: "product",
      objectId: productId,
      before: { materialId, perPart: before?.perPart ?? 0 },
      after: { materialId, perPart },
    });
    context.publish(materialChanged, "plant", { materialId });
    return { productId };
  },
});

/** Books a lot that came into the house. @throws Refusal already_taken, not_found, value_out_of_range */
export const receiveLot = defineCommand({
  name: "lot.receive",
  input: ReceiveLot,
  allow: () => ({ action: "order.manage" }),
  run: async (context, input) => {
    const { tx, now } = context;
    const { code, materialId, productId, quantity, supplierLot, expiresOn, location } = input;
    const receivedAt = input.receivedAt ?? now;
    if (receivedAt > now) throw new Refusal("invalid", { problem: "in the future" }, "receivedAt");
    const [known] =
      materialId === undefined
        ? await tx
            .select({ id: product.id })
            .from(product)
            .where(eq(product.id, productId ?? ""))
        : await tx.select({ id: material.id }).from(material).where(eq(material.id, materialId));
    if (known === undefined) throw new Refusal("not_found", {}, "materialId");
    const [made] = await tx
      .insert(lot)
      .values({
        code,
        materialId: materialId ?? null,
        productId: productId ?? null,
        quantity,
        received: quantity,
        supplierLot: supplierLot ?? null,
        receivedAt: new Date(receivedAt),
        expiresOn: expiresOn ?? null,
        location: location ?? null,
      })
      .onConflictDoNothing()
      .returning({ id: lot.id });
    if (made === undefined) throw new Refusal("already_taken", { value: code }, "code");
    context.audit({
      action: "lot.receive",
      objectType: "lot",
      objectId: made.id,
      after: { code, materialId, productId, quantity, supplierLot, receivedAt, expiresOn, location },
    });
    context.publish(lotReceived, "plant", { lotId: made.id });
    return { lotId: made.id };
  },
});
