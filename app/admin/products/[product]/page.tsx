import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { z } from "zod";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { listMaterials } from "#server/execution/materials/stock.queries.ts";
import { definitionOf } from "#server/execution/orders/definition.queries.ts";
import { listProducts } from "#server/execution/orders/products.queries.ts";
import { listSkills } from "#server/execution/people/skills.queries.ts";
import { readPlant } from "#server/execution/plant/plant.queries.ts";
import { ProductPage } from "./product-page.client.tsx";

export default async function OneProduct(props: {
  params: Promise<{ product: string }>;
}): Promise<ReactNode> {
  const { product } = await props.params;
  await requirePage("product.manage", { at: `/admin/products/${product}` });
  const now = await renderTime();
  const id = z.uuid().safeParse(product);
  const definition = id.success ? await definitionOf(db(), id.data, now) : undefined;
  if (definition === undefined) notFound();
  const [products, materials, plant, skills] = await Promise.all([
    listProducts(db()),
    listMaterials(db(), now),
    readPlant(db()),
    listSkills(db()),
  ]);
  return (
    <ProductPage
      key={definition.id}
      initial={definition}
      products={products.map(({ id: other, code, name }) => ({ id: other, code, name }))}
      materials={materials.map(({ id: material, code, name, unit }) => ({ id: material, code, name, unit }))}
      machines={plant.lines.flatMap(({ machines }) =>
        machines.map(({ id: machine, name, kind }) => ({ id: machine, name, kind })),
      )}
      skills={skills.filter(({ active }) => active).map(({ id: skill, name }) => ({ id: skill, name }))}
    />
  );
}
