import { z } from "zod";
import { rowIdInPath } from "#server/core/number.contract.ts";
import {
  applyTemplate,
  changeTemplateRow,
  dropTemplate,
  makeTemplate,
} from "#server/execution/tags/templates.commands.ts";
import {
  ApplyTemplate,
  ChangeTemplateRow,
  TagTemplateView,
} from "#server/execution/tags/templates.contract.ts";
import { listTemplates } from "#server/execution/tags/templates.queries.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const OneTemplate = z.object({ templateId: rowIdInPath() });

/** What the machines of a class have in common: a template of their tags. */
export const templatesRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/tag-templates",
    action: "admin.look",
    response: z.array(TagTemplateView),
    summary: "Templates of tags, and how many tags follow each row",
    run: ({ db }) => listTemplates(db),
  });
  commandRoute(api, {
    path: "/tag-templates",
    command: makeTemplate,
    response: z.object({ templateId: z.number(), rows: z.number() }),
    summary: "Make a template of the tags of one machine",
  });
  commandRoute(api, {
    path: "/tag-templates/:templateId/apply",
    params: OneTemplate,
    command: applyTemplate,
    body: ApplyTemplate.omit({ templateId: true }),
    response: z.object({ added: z.number(), kept: z.number() }),
    summary: "Give a machine the tags of a template",
  });
  commandRoute(api, {
    path: "/tag-templates/rows/:rowId",
    params: z.object({ rowId: rowIdInPath() }),
    command: changeTemplateRow,
    body: ChangeTemplateRow.omit({ rowId: true }),
    response: z.object({ tags: z.number() }),
    summary: "Change one metric of a template, and the tags that follow it",
  });
  commandRoute(api, {
    path: "/tag-templates/:templateId/drop",
    params: OneTemplate,
    command: dropTemplate,
    body: z.object({}),
    response: z.object({ templateId: z.number() }),
    summary: "Do away with a template; its tags stay as they are",
  });
};
