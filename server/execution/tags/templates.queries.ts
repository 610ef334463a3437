import { asc, eq } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { tag, tagTemplate, tagTemplateRow } from "#db/schema/device/tags.ts";
import { TagTemplateView } from "./templates.contract.ts";

/** Every template with its metrics and how many tags follow each. */
export async function listTemplates(db: Db | Tx): Promise<TagTemplateView[]> {
  const templates = await db.select().from(tagTemplate).orderBy(asc(tagTemplate.name));
  const rows = await db
    .select({ row: tagTemplateRow, tags: db.$count(tag, eq(tag.templateRowId, tagTemplateRow.id)) })
    .from(tagTemplateRow)
    .orderBy(asc(tagTemplateRow.metric));
  return templates.map((template) =>
    TagTemplateView.parse({
      ...template,
      rows: rows
        .filter(({ row }) => row.templateId === template.id)
        .map(({ row, tags }) => ({ ...row, tags })),
    }),
  );
}
