import { cache } from "react";
import { lineList } from "#server/execution/machine-state/machines.queries.ts";
import { db } from "./db.ts";

/** The rooms in which everything of the plant is told: the plant's own and one a line. */
export const plantScopes = cache(async (now: number): Promise<readonly string[]> => {
  const lines = await lineList(db(), now);
  return ["plant", ...lines.map((line) => `line:${String(line.id)}`)];
});
