import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import { verifyPin } from "../people/passwords.ts";
import { createImports } from "./imports.commands.ts";
import type { ImportAnswer, ImportKind, ImportTrial } from "./imports.contract.ts";
import { currentRows } from "./imports.queries.ts";

export const pepper = "a pepper for tests that is long enough";
export const imports = createImports(pepper, (stored, pin) => verifyPin(stored, pin, pepper));

export const administrator: Actor = {
  kind: "person",
  personId: randomUUID(),
  name: "Hugo Admin",
  roles: ["administrator"],
};

/** Rows of every table a file may write to, and of the record. */
export async function rowCounts(db: Db): Promise<Record<string, number>> {
  const tables = [
    "equipment",
    "work_unit",
    "source",
    "tag",
    "product",
    "standard_cycle",
    "routing",
    "routing_operation",
    "bill_of_material",
    "physical_asset",
    "asset_mount",
    "tool_cavities",
    "tool_fit",
    "shift_pattern",
    "shift_instance",
    "stop_reason",
    "stop_reason_class",
    "person",
    "person_badge",
    "person_pin",
    "person_skill",
    "station",
    "station_machine",
    "station_code",
    "production_order",
    "job",
    "audit",
    "fact",
    "command",
  ];
  const [row] = await db.execute<{ counts: Record<string, number> }>(
    sql.raw(
      `select jsonb_build_object(${tables.map((t) => `'${t}', (select count(*)::int from ${t})`).join(", ")}) as counts`,
    ),
  );
  return row?.counts ?? {};
}

/** Somebody with a file before this database. */
export function importsOn(deps: { db: Db; clock: Clock }) {
  const file = (kind: ImportKind, data: string, sourceId?: number) => ({
    kind,
    format: "csv" as const,
    data,
    ...(sourceId === undefined ? {} : { sourceId }),
  });
  return {
    attempt: (kind: ImportKind, csv: string, sourceId?: number): Promise<ImportTrial> =>
      imports.attempt(deps, administrator, file(kind, csv, sourceId)),
    run: (kind: ImportKind, csv: string, skipWrong = false, sourceId?: number): Promise<ImportAnswer> =>
      imports.run.execute(deps, administrator, randomUUID(), { ...file(kind, csv, sourceId), skipWrong }),
    current: async (kind: ImportKind, sourceId?: number): Promise<string> =>
      imports.fileOf(kind, await currentRows(deps.db, kind, deps.clock.now(), sourceId)),
  };
}

/** Counts without the sentences. */
export const sums = ({ added, changed, same, wrong }: ImportAnswer) => ({ added, changed, same, wrong });
