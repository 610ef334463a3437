import { sql } from "drizzle-orm";
import { setting } from "#db/schema/core/core.ts";
import type { CommandContext } from "#server/core/command.ts";

/** Writes one setting of the house with its audit row. What the setting says beside `after` stays as it is. */
export async function keepSetting(
  { tx, now, audit }: CommandContext,
  change: { key: string; action: string; before: object; after: object },
): Promise<void> {
  const { key, action, before, after } = change;
  const value = sql`${JSON.stringify(after)}::jsonb`;
  await tx
    .insert(setting)
    .values({ key, value, at: new Date(now) })
    .onConflictDoUpdate({
      target: setting.key,
      set: { value: sql`${setting.value} || ${value}`, at: new Date(now) },
    });
  audit({ action, objectType: "setting", objectId: key, before, after });
}
