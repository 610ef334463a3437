import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { machineList } from "#app/_lib/server/machine-list.queries.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { AuditFilter } from "#server/core/audit.contract.ts";
import { listAudit } from "#server/core/audit.queries.ts";
import { AuditTable } from "./audit-table.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.audit"))("title") };
}

export default async function AuditPage(props: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}): Promise<ReactNode> {
  await requirePage("audit.read", { at: "/admin/audit" });
  const given = await props.searchParams;
  const machine = typeof given["machine"] === "string" ? given["machine"] : "";
  const filter = AuditFilter.parse({ ...(machine === "" ? {} : { machine }), limit: 200 });
  const [rows, machines] = await Promise.all([listAudit(db(), filter), machineList(db())]);
  return <AuditTable initial={rows} machines={machines} machine={machine} />;
}
