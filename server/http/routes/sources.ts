import { eq } from "drizzle-orm";
import { z } from "zod";
import { source } from "#db/schema/device/tags.ts";
import { rowIdInPath } from "#server/core/number.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { ProbeAnswer, SeenValue } from "#server/edge/uplink.contract.ts";
import type { EdgeEye } from "#server/execution/ingest/edge-link.ts";
import { checkedConfig, keptSecrets } from "#server/execution/sources/config.ts";
import { enrol } from "#server/execution/sources/enrol.ts";
import {
  addEdge,
  addSource,
  changeSource,
  giveEdgeCode,
  giveSourceCode,
  revokeEdge,
  revokeSource,
} from "#server/execution/sources/sources.commands.ts";
import {
  ChangeSource,
  EdgeView,
  Enrolled,
  EnrolmentCode,
  EnrolmentCodeView,
  SourceView,
  TrySource,
} from "#server/execution/sources/sources.contract.ts";
import { listEdges, listSources } from "#server/execution/sources/sources.queries.ts";
import { distrustCertificate, trustCertificate } from "#server/execution/sources/trust.commands.ts";
import { askRoute, commandRoute, queryRoute, type Routes, sessionRoute } from "../route.ts";
import { claimAttempt, forgiveAttempt, perPlace } from "../throttle.ts";

const OneSource = z.object({ sourceId: rowIdInPath() });
const OneEdge = z.object({ edgeId: rowIdInPath() });
const tryMs = 8000;

export interface SourcesDeps {
  readonly edges: EdgeEye;
  /** What an edge checks its documents with, SPKI PEM. */
  readonly publicKey: string;
}

/** Where readings come from: edges and their sources, how they are, and how something new is let in. */
export const sourcesRoutes =
  ({ edges, publicKey }: SourcesDeps): Routes =>
  (api) => {
    queryRoute(api, {
      path: "/sources",
      action: "admin.look",
      response: z.array(SourceView),
      summary: "Sources of all edges, and how each is",
      run: ({ db, clock }) => listSources(db, edges, clock.now()),
    });
    queryRoute(api, {
      path: "/sources/:sourceId/seen",
      params: OneSource,
      action: "admin.look",
      response: z.array(SeenValue),
      summary: "The last values of a source's metrics that no tag names, as it said them",
      run: async ({ db, input }) => {
        const [row] = await db.select().from(source).where(eq(source.id, input.sourceId));
        if (row === undefined) throw new Refusal("not_found", {}, "sourceId");
        return [...(await edges.peek(row.edgeId, row.id))];
      },
    });
    askRoute(api, {
      path: "/sources/try",
      action: "tag.manage",
      body: TrySource,
      response: ProbeAnswer,
      summary:
        "Let an edge try a source for a few seconds: is it reached, what does it say? Nothing is stored",
      run: async ({ db, input }) => {
        const { edgeId, driver, sourceId } = input;
        const [before] =
          sourceId === undefined ? [] : await db.select().from(source).where(eq(source.id, sourceId));
        const config = keptSecrets((before?.config ?? {}) as Record<string, unknown>, input.config);
        checkedConfig(driver, config);
        return edges.probe(edgeId, { code: "trial", driver, config: { ...config }, forMs: tryMs });
      },
    });
    commandRoute(api, {
      path: "/sources",
      command: addSource,
      response: z.object({ sourceId: z.number() }),
      summary: "Add a source to an edge",
    });
    commandRoute(api, {
      path: "/sources/:sourceId",
      params: OneSource,
      command: changeSource,
      body: ChangeSource.omit({ sourceId: true }),
      response: z.object({ sourceId: z.number() }),
      summary: "Change how a source is reached, or put it away",
    });
    for (const [deed, command, summary] of [
      ["trust", trustCertificate, "Trust the certificate that an OPC UA server showed"],
      ["distrust", distrustCertificate, "No longer trust a certificate of an OPC UA server"],
    ] as const)
      commandRoute(api, {
        path: `/sources/:sourceId/${deed}`,
        params: OneSource,
        command,
        body: z.object({ thumbprints: z.array(z.string().max(128)).min(1).max(2) }),
        response: z.object({ sourceId: z.number() }),
        summary,
      });
    commandRoute(api, {
      path: "/sources/:sourceId/code",
      params: OneSource,
      command: giveSourceCode,
      body: z.object({}),
      response: EnrolmentCodeView,
      summary: "A one-time code with which the device of a source gets its token",
    });
    commandRoute(api, {
      path: "/sources/:sourceId/revoke",
      params: OneSource,
      command: revokeSource,
      body: z.object({}),
      response: z.object({ sourceId: z.number() }),
      summary: "Shut the device of a source out",
    });
    queryRoute(api, {
      path: "/edges",
      action: "admin.look",
      response: z.array(EdgeView),
      summary: "Edges, and how each is",
      run: ({ db }) => listEdges(db, edges),
    });
    commandRoute(api, {
      path: "/edges",
      command: addEdge,
      response: EnrolmentCodeView,
      summary: "Make a further edge; answers the code that its computer spends at its first start",
    });
    commandRoute(api, {
      path: "/edges/:edgeId/code",
      params: OneEdge,
      command: giveEdgeCode,
      body: z.object({}),
      response: EnrolmentCodeView,
      summary: "A new one-time code for an edge",
    });
    commandRoute(api, {
      path: "/edges/:edgeId/revoke",
      params: OneEdge,
      command: revokeEdge,
      body: z.object({}),
      response: z.object({ edgeId: z.number() }),
      summary: "Shut an edge out",
    });
    sessionRoute(api, {
      method: "post",
      path: "/enrol",
      public: true,
      body: z.object({ code: EnrolmentCode }),
      response: Enrolled,
      summary: "Spend a one-time code for the token of a source or an edge",
      run: async ({ from, body }) => {
        const { db, clock } = api.deps;
        const place = { key: `enrol:address:${from.address}`, rule: perPlace };
        if ((await claimAttempt(db, [place], clock.now())) !== null) throw new Refusal("too_many");
        const enrolled = await enrol(db, body.code, publicKey, clock.now());
        await forgiveAttempt(db, [], [place]);
        return enrolled;
      },
    });
  };
