import { and, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { source } from "#db/schema/device/tags.ts";
import { type Actor, serviceActor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import { plantSources } from "#server/device/simulator/layout.ts";
import { cellUrl } from "#server/device/simulator/opcua-nodes.ts";
import { changeSource } from "#server/execution/sources/sources.commands.ts";

const electrician: Actor = { ...serviceActor("demo plant"), roles: ["service", "administrator"] };

/**
 * The demo's OPC UA server may listen on another port than at the last start: its source follows, as an electrician
 * would have it. A source that somebody pointed at another computer is left alone.
 * @param port of the server at this start
 */
export async function keepCellAddress(deps: { db: Db; clock: Clock }, port: number): Promise<void> {
  const code = plantSources.find(({ driver }) => driver === "opcua")?.code ?? "";
  const [row] = await deps.db
    .select({ sourceId: source.id, config: source.config })
    .from(source)
    .where(and(eq(source.code, code), eq(source.driver, "opcua")));
  if (row === undefined) return;
  const config = row.config as { readonly url?: string };
  const url = cellUrl(port);
  if (config.url === url || config.url?.startsWith(cellUrl(0).slice(0, -1)) !== true) return;
  await changeSource.execute(deps, electrician, crypto.randomUUID(), {
    sourceId: row.sourceId,
    config: { ...config, url },
  });
}
