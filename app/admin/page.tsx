import { redirect } from "next/navigation";
import { requirePage } from "#app/_lib/server/page.ts";

/** An administrator begins with the people. */
export default async function AdminPage(): Promise<never> {
  await requirePage("admin.look", { at: "/admin" });
  redirect("/admin/people");
}
