import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { machineList } from "#app/_lib/server/machine-list.queries.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { SourcePage } from "./source-page.client.tsx";

export async function generateMetadata(props: { params: Promise<{ source: string }> }) {
  return { title: (await props.params).source };
}

export default async function OneSource(props: { params: Promise<{ source: string }> }): Promise<ReactNode> {
  const id = Number((await props.params).source);
  if (!Number.isInteger(id) || id < 1) notFound();
  await requirePage("admin.look", { at: `/admin/sources/${String(id)}` });
  return <SourcePage sourceId={id} machines={await machineList(db())} />;
}
