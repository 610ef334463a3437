import { z } from "zod";
import { undoChange } from "#server/core/history.commands.ts";
import { HistoryEntry, HistoryOf } from "#server/core/history.contract.ts";
import { readHistory } from "#server/core/history.queries.ts";
import type { Undoer } from "#server/core/undo.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

/** What happened to one record, and taking a change of it back. */
export const historyRoutes =
  (undoers: readonly Undoer[]): Routes =>
  (api) => {
    queryRoute(api, {
      path: "/history",
      action: "audit.read",
      query: HistoryOf,
      response: z.array(HistoryEntry),
      summary: "The changes of one record, newest first, and which of them you can take back",
      run: ({ db, actor, input }) => readHistory(db, undoers, actor, input),
    });
    commandRoute(api, {
      path: "/history/undo",
      command: undoChange(undoers),
      response: z.object({ objectType: z.string(), objectId: z.string() }),
      summary: "Take back one change of a record; refused where it was changed since",
    });
  };
