import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { listLetterGroups } from "#server/execution/ingest/dead-letters.queries.ts";
import { LetterTable } from "./letter-table.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.letters"))("title") };
}

export default async function DeadLetters(): Promise<ReactNode> {
  await requirePage("deadletter.manage", { at: "/admin/dead-letters" });
  return <LetterTable initial={await listLetterGroups(db())} />;
}
