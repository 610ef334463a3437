import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { z } from "zod";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { machineList } from "#app/_lib/server/machine-list.queries.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { listDefinitions } from "#server/execution/orders/definition.queries.ts";
import { toolPage } from "#server/execution/tools/tools.queries.ts";
import { ToolPage } from "./tool-page.client.tsx";

export default async function OneTool(props: { params: Promise<{ tool: string }> }): Promise<ReactNode> {
  const { tool } = await props.params;
  await requirePage("product.manage", { at: `/admin/tools/${tool}` });
  const now = await renderTime();
  const id = z.uuid().safeParse(tool);
  const found = id.success ? await toolPage(db(), id.data, now) : undefined;
  if (found === undefined) notFound();
  const [machines, products] = await Promise.all([machineList(db()), listDefinitions(db(), now)]);
  return (
    <ToolPage
      key={found.id}
      initial={found}
      machines={machines}
      operations={products.flatMap(({ id: productId, code, operations }) =>
        operations.map((operation) => ({ productId, code, operation })),
      )}
    />
  );
}
