import { z } from "zod";
import { rowIdInPath } from "#server/core/number.contract.ts";
import type { Db } from "#db/client.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { addTag, changeTag, ignoreMetric } from "#server/execution/tags/tags.commands.ts";
import { AddTag, ChangeTag, DiscoveredMetricView, TagView } from "#server/execution/tags/tags.contract.ts";
import { findTag, listDiscovered, listTags, tagsOfSource } from "#server/execution/tags/tags.queries.ts";
import { TrendQuery, TrendView } from "#server/execution/tags/trend.contract.ts";
import { readTrend } from "#server/execution/tags/trend.queries.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const OneTag = z.object({ id: rowIdInPath() });

/** Tags, where they come from, and their readings with what ran meanwhile. */
export const tagsRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/tags",
    query: z.object({ machine: z.string().max(64).optional() }),
    action: "floor.look",
    response: z.array(TagView),
    summary: "Tags of the plant, or of one machine (by code)",
    run: ({ db, input }) => listTags(db, input.machine),
  });
  queryRoute(api, {
    path: "/sources/:id/tags",
    params: OneTag,
    action: "admin.look",
    response: z.array(TagView),
    summary: "Tags of one source",
    run: ({ db, input }) => tagsOfSource(db, input.id),
  });
  queryRoute(api, {
    path: "/tags/:id/readings",
    params: OneTag,
    query: TrendQuery,
    action: "floor.look",
    scope: async ({ db, input }) => ({ machineId: await machineOf(db, input.id) }),
    response: TrendView,
    summary: "Readings of a tag over a time, for a chart of so many pixels, with order, operation and lots",
    run: ({ db, input }) => readTrend(db, input.id, input.from, input.to, input.points),
  });
  queryRoute(api, {
    path: "/discovered-metrics",
    query: z.object({
      state: DiscoveredMetricView.shape.state.default("new"),
      source: rowIdInPath().optional(),
    }),
    action: "admin.look",
    response: z.array(DiscoveredMetricView),
    summary: "Metrics that edges saw and no tag names, of all sources or of one",
    run: ({ db, input }) => listDiscovered(db, input.state, input.source),
  });
  commandRoute(api, {
    path: "/tags",
    command: addTag,
    body: AddTag,
    response: z.object({ tagId: z.number() }),
    summary: "Give a metric its tag",
  });
  commandRoute(api, {
    path: "/tags/:id",
    params: OneTag,
    command: changeTag,
    body: ChangeTag.omit({ tagId: true }),
    input: ({ params, body }) => ({ ...body, tagId: params.id }),
    response: z.object({ tagId: z.number() }),
    summary: "Change how a tag is read, limited or written",
  });
  commandRoute(api, {
    path: "/discovered-metrics/ignore",
    command: ignoreMetric,
    response: z.object({ discoveredId: z.number() }),
    summary: "Put a discovered metric away",
  });
};

async function machineOf(db: Db, tagId: number): Promise<number> {
  const tag = await findTag(db, tagId);
  if (tag === null) throw new Refusal("not_found", {}, "id");
  return tag.machineId;
}
