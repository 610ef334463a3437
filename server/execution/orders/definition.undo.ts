import type { Tx } from "#db/client.ts";
import type { CommandContext } from "#server/core/command.ts";
import type { Change } from "#server/core/history.rules.ts";
import { defineUndo, type Undoer } from "#server/core/undo.ts";
import { replaceShares } from "./bill.commands.ts";
import { readField } from "./definition-fields.rules.ts";
import { type Share, sharesOf, type Standard, standardsOf } from "./dated.queries.ts";
import { lockProduct } from "./definition-store.ts";
import { changeProduct, replaceStandards } from "./products.commands.ts";
import type { RoutingPeriod } from "./routing.queries.ts";
import { routingPeriods } from "./routing.queries.ts";
import { restoreVersions } from "./routing.commands.ts";

const allow = "product.manage";

const fieldsOf = ({ after }: Change) => Object.keys(after);

/** What is said now of the machines and components that a change was about, under the names of its fields. */
async function lockDated(tx: Tx, change: Change) {
  const productId = change.objectId;
  await lockProduct(tx, productId);
  const fields: Record<string, unknown> = {};
  for (const name of fieldsOf(change)) {
    const field = readField(name);
    if (field?.kind === "standard") fields[name] = await standardsOf(tx, productId, field.machineId);
    if (field?.kind === "bill") fields[name] = await sharesOf(tx, productId, field);
  }
  return fields;
}

/** Puts back what was said before; what was counted and used since then is worked out anew. */
async function putBack(context: CommandContext, change: Change): Promise<void> {
  const productId = change.objectId;
  const { tx } = context;
  for (const name of fieldsOf(change)) {
    const field = readField(name);
    const said = change.before[name] ?? [];
    if (field?.kind === "standard") {
      const now = await standardsOf(tx, productId, field.machineId);
      await replaceStandards(context, productId, field.machineId, now, said as Standard[]);
    }
    if (field?.kind === "bill") {
      const component = { materialId: field.materialId, componentId: field.componentId };
      const now = await sharesOf(tx, productId, component);
      await replaceShares(context, productId, component, now, said as Share[]);
    }
  }
}

/** How changes of a product's definition are taken back. */
export const definitionUndoers: readonly Undoer[] = [
  defineUndo({
    action: "product.change",
    objectType: "product",
    allow,
    lock: async (tx, { objectId }) => ({ name: (await lockProduct(tx, objectId)).name }),
    run: (context, { objectId, before }) => changeProduct.part(context, { productId: objectId, ...before }),
  }),
  defineUndo({ action: "standard.set", objectType: "product", allow, lock: lockDated, run: putBack }),
  defineUndo({ action: "bill.set", objectType: "product", allow, lock: lockDated, run: putBack }),
  defineUndo({
    action: "routing.set",
    objectType: "product",
    allow,
    lock: async (tx, { objectId }) => {
      await lockProduct(tx, objectId);
      return { versions: await routingPeriods(tx, objectId) };
    },
    run: (context, { objectId, before, after }) =>
      restoreVersions(context, objectId, before["versions"] as RoutingPeriod[], {
        before: after["operations"],
        after: before["operations"],
      }),
  }),
];
