import { eq } from "drizzle-orm";
import { lot, material, product } from "#db/schema/execution/orders.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddMaterial, ReceiveLot } from "./materials.contract.ts";
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
