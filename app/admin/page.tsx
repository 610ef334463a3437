import { redirect } from "next/navigation";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { readSetup } from "#server/execution/setup/setup.queries.ts";

/** An administrator begins with what the plant still lacks, and with the people once it lacks nothing. */
export default async function AdminPage(): Promise<never> {
  await requirePage("admin.look", { at: "/admin" });
  const { steps, done } = await readSetup(db(), await renderTime());
  redirect(done < steps.length ? "/admin/setup" : "/admin/people");
}
