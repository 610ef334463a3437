import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";
import { TagSettings } from "./tags.contract.ts";

const Id = rowId();
/** What stands before the metrics of one machine, e.g. `press-2/`. */
const Prefix = z.string().max(200).default("");

/** What a template says of one metric: everything about it that does not depend on the machine. */
export const TemplateSettings = TagSettings.omit({ enabled: true })
  .partial()
  .required({ name: true, meaning: true })
  .extend({ datatype: z.enum(["number", "text", "boolean"]) });
export type TemplateSettings = z.infer<typeof TemplateSettings>;

export const TagTemplateView = z.object({
  id: z.number().int(),
  name: z.string(),
  kind: z.string(),
  rows: z.array(
    z.object({
      id: z.number().int(),
      metric: z.string(),
      settings: TemplateSettings,
      /** Tags that follow it. */
      tags: z.number().int(),
    }),
  ),
});
export type TagTemplateView = z.infer<typeof TagTemplateView>;

/** A template of what stands for one machine already. */
export const MakeTemplate = z.object({
  name: plainText(),
  kind: codeText(),
  sourceId: Id,
  machineId: Id,
  prefix: Prefix,
});

export const ApplyTemplate = z.object({ templateId: Id, sourceId: Id, machineId: Id, prefix: Prefix });

export const ChangeTemplateRow = z.object({
  rowId: Id,
  settings: TagSettings.omit({ enabled: true }).partial(),
});

export const DropTemplate = z.object({ templateId: Id });
