import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { TagChange } from "./tags.rules.ts";

/** Rows of one statement. */
const chunk = 2000;

const recordset = sql.raw(`as x(id int, source_id int, machine_id int, metric text, name text, meaning text,
  datatype text, unit text, decimals int, scale float8, shift float8, deadband float8, max_silence_ms int,
  expected_ms int, aggregate_ms int, low float8, high float8, normal_low float8, normal_high float8,
  modulus float8, words jsonb, enabled boolean, overrides text[])`);
const settings = sql.raw(`name, meaning, unit, decimals, scale, shift, deadband, max_silence_ms, expected_ms,
  aggregate_ms, low, high, normal_low, normal_high, modulus, words, enabled, overrides`);

/** Stores new and changed tags, a few statements for thousands. @throws Refusal conflict when somebody was faster */
export async function storeTags(tx: Tx, changes: readonly TagChange[]): Promise<void> {
  for (let i = 0; i < changes.length; i += chunk) {
    const part = changes.slice(i, i + chunk);
    const json = (rows: readonly TagChange[]) => JSON.stringify(rows.map(rowOf));
    const added = part.filter(({ before }) => before === null);
    if (added.length > 0) {
      const rows = json(added);
      const made = await tx.execute(sql`
        insert into tag (source_id, machine_id, metric, datatype, ${settings})
        select source_id, machine_id, metric, datatype, ${settings}
        from jsonb_to_recordset(${rows}::jsonb) ${recordset}
        on conflict do nothing returning id`);
      if (made.length < added.length) throw new Refusal("conflict");
      await tx.execute(sql`
        update discovered_metric d set state = 'mapped' from jsonb_to_recordset(${rows}::jsonb) ${recordset}
        where d.source_id = x.source_id and d.metric = x.metric`);
    }
    const changed = part.filter(({ before }) => before !== null);
    if (changed.length > 0) {
      await tx.execute(sql`
        update tag set (${settings}) = (select ${sql.raw(settingsOfX)})
        from jsonb_to_recordset(${json(changed)}::jsonb) ${recordset} where tag.id = x.id`);
    }
  }
}

const settingsOfX = `x.name, x.meaning, x.unit, x.decimals, x.scale, x.shift, x.deadband, x.max_silence_ms,
  x.expected_ms, x.aggregate_ms, x.low, x.high, x.normal_low, x.normal_high, x.modulus, x.words, x.enabled, x.overrides`;

function rowOf({ before, after }: TagChange): Record<string, unknown> {
  return {
    id: before?.id ?? null,
    source_id: after.sourceId,
    machine_id: after.machineId,
    metric: after.metric,
    name: after.name,
    meaning: after.meaning,
    datatype: after.datatype,
    unit: after.unit,
    decimals: after.decimals,
    scale: after.scale,
    shift: after.shift,
    deadband: after.deadband,
    max_silence_ms: after.maxSilenceMs,
    expected_ms: after.expectedMs,
    aggregate_ms: after.aggregateMs,
    low: after.low,
    high: after.high,
    normal_low: after.normalLow,
    normal_high: after.normalHigh,
    modulus: after.modulus,
    words: after.words,
    enabled: after.enabled,
    overrides: after.overrides,
  };
}
