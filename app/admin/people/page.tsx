import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { listPeople } from "#server/execution/people/people.queries.ts";
import { PeopleTable } from "./people-table.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.people"))("title") };
}

export default async function PeoplePage(): Promise<ReactNode> {
  await requirePage("people.manage", { at: "/admin/people" });
  return <PeopleTable initial={await listPeople(db())} />;
}
