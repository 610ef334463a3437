import { z } from "zod";
import { setReflex } from "#server/execution/reflexes/reflexes.commands.ts";
import {
  EdgeDocumentView,
  ReflexTrial,
  ReflexView,
  SetReflex,
  TryReflex,
} from "#server/execution/reflexes/reflexes.contract.ts";
import { listEdgeDocuments, listReflexes, tryReflex } from "#server/execution/reflexes/reflexes.queries.ts";
import { askRoute, commandRoute, queryRoute, type Routes } from "../route.ts";
import type { SourcesDeps } from "./sources.ts";

/** What edges do by themselves: the reflex table of each machine, and the signed documents that carry it. */
export const reflexesRoutes =
  ({ edges, publicKey }: SourcesDeps): Routes =>
  (api) => {
    queryRoute(api, {
      path: "/reflexes",
      action: "admin.look",
      response: z.array(ReflexView),
      summary: "What edges do by themselves, by machine",
      run: ({ db, clock }) => listReflexes(db, clock.now()),
    });
    commandRoute(api, {
      path: "/reflexes",
      command: setReflex,
      body: SetReflex,
      response: z.object({ reflexId: z.string(), version: z.number() }),
      summary: "Make or change what an edge does by itself",
    });
    askRoute(api, {
      path: "/reflexes/try",
      action: "tag.manage",
      body: TryReflex,
      response: ReflexTrial,
      summary: "What a reflex would have done on the readings of the last days",
      run: ({ db, clock, input }) => tryReflex(db, input, clock.now()),
    });
    queryRoute(api, {
      path: "/edge-documents",
      action: "admin.look",
      response: z.array(EdgeDocumentView),
      summary: "The signed document of each edge, and which version the edge works by",
      run: ({ db }) => listEdgeDocuments(db, edges, publicKey),
    });
  };
