import { asc, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { Operation, OperationView, RoutingView } from "./routing.contract.ts";
import { machinesFor } from "./routing.rules.ts";

/** A version of a routing in time; `replaced` = it never held. */
export interface RoutingPeriod {
  readonly version: number;
  readonly from: number | null;
  readonly to: number | null;
  readonly replaced: boolean;
}

const periodColumns = sql`r.version, isempty(r.during) as replaced,
  ${epochMs(sql`lower(r.during)`)} as "from", ${epochMs(sql`upper(r.during)`)} as "to"`;

/** Every version of a product, the first one first. */
export async function routingPeriods(db: Db | Tx, productId: string): Promise<RoutingPeriod[]> {
  return db.execute<RoutingPeriod & Record<string, unknown>>(sql`
    select ${periodColumns} from routing r where r.product_id = ${productId} order by r.version`);
}

/** How a product is made at an instant; undefined = nobody said. */
export async function routingAt(
  db: Db | Tx,
  productId: string,
  at: number,
): Promise<{ id: number; version: number; operations: Operation[] } | undefined> {
  const [found] = await db.execute<{ id: number; version: number }>(sql`
    select r.id::float8 as id, r.version from routing r
    where r.product_id = ${productId} and r.during @> ${instant(at)}`);
  if (found === undefined) return undefined;
  const operations = await operationsWhere(db, sql`o.routing_id = ${found.id}`);
  return { ...found, operations: operations.map(({ routingId: _routing, skill: _skill, ...rest }) => rest) };
}

type OperationRow = Operation & { routingId: number; skill: string | null } & Record<string, unknown>;

function operationsWhere(db: Db | Tx, condition: ReturnType<typeof sql>): Promise<OperationRow[]> {
  return db.execute<OperationRow>(sql`
    select o.routing_id::float8 as "routingId", o.sequence, o.name, o.machine_kind as "machineKind",
      o.setup_ms::float8 as "setupMs", o.skill_id as "skillId", s.name as skill,
      array(select m.machine_id from routing_operation_machine m where m.operation_id = o.id order by 1) as "machineIds"
    from routing_operation o left join skill s on s.id = o.skill_id
    where ${condition} order by o.routing_id, o.sequence`);
}

/** Every version of a product, the newest first, with the machines that can run each operation and the tools that fit. */
export async function routingsOf(db: Db | Tx, productId: string): Promise<RoutingView[]> {
  const versions = await db.execute<Omit<RoutingView, "operations"> & Record<string, unknown>>(sql`
    select r.id::float8 as id, ${periodColumns}, (
      select count(*)::int from production_order o
      where o.routing_id = r.id and o.state not in ('completed', 'closed', 'cancelled')) as "openOrders"
    from routing r where r.product_id = ${productId} order by r.version desc`);
  if (versions.length === 0) return [];
  const operations = await operationsWhere(
    db,
    sql`o.routing_id in (select id from routing where product_id = ${productId})`,
  );
  const machines = await db
    .select({ id: workUnit.id, name: workUnit.name, kind: workUnit.kind })
    .from(workUnit)
    .orderBy(asc(workUnit.name));
  const tools = await db.execute<OperationView["tools"][number] & { operation: string }>(sql`
    select a.id, a.serial, a.name, f.operation from tool_fit f join physical_asset a on a.id = f.asset_id
    where f.product_id = ${productId} and a.active order by a.serial`);
  return versions.map((version) => ({
    ...version,
    operations: operations
      .filter(({ routingId }) => routingId === version.id)
      .map(({ routingId: _routing, ...operation }) => ({
        ...operation,
        machines: machinesFor(operation, machines).map(({ id, name }) => ({ id, name })),
        tools: tools
          .filter((tool) => tool.operation === operation.name)
          .map(({ operation: _operation, ...tool }) => tool),
      })),
  }));
}
