import { sql } from "drizzle-orm";
import { publish } from "#server/core/facts.ts";
import type { ReactionContext, Schedule } from "#server/core/runner.ts";
import { epochMs, instant } from "#db/sql.ts";
import { keepShiftsAhead } from "./expand.ts";
import { shiftEnded, shiftStarted } from "./shifts.facts.ts";

/** Keeps shift instances fourteen days ahead, and says when a shift begins and ends. */
export const shiftSchedules: Schedule[] = [
  {
    name: "shifts.expand",
    everyMs: 3_600_000,
    run: async ({ tx, now }) => {
      await keepShiftsAhead(tx, now);
    },
  },
  { name: "shifts.turn", everyMs: 5000, run: turn },
];

type ShiftRow = { shiftId: number; lineId: number; name: string; start: number; end: number } & Record<
  string,
  unknown
>;

/** Begins and ends since this schedule last looked; after a long outage only what lies less than a day back. */
async function turn({ tx, now }: ReactionContext): Promise<void> {
  const [last] = await tx.execute<{ at: number }>(sql`
    select (value ->> 'at')::float8 as at from setting where key = 'shifts.turn' for update`);
  await tx.execute(sql`
    insert into setting (key, value, at) values ('shifts.turn', jsonb_build_object('at', ${now}::float8), ${instant(now)})
    on conflict (key) do update set value = excluded.value, at = excluded.at`);
  if (last === undefined) return;
  const from = Math.max(last.at, now - 86_400_000);
  const rows = await tx.execute<ShiftRow>(sql`
    select id::float8 as "shiftId", line_id as "lineId", name, ${epochMs(sql`lower(during)`)} as start, ${epochMs(sql`upper(during)`)} as "end"
    from shift_instance where during && tstzrange(${instant(from - 1)}, ${instant(now + 1)}) order by lower(during)`);
  for (const { shiftId, lineId, name, start, end } of rows) {
    const shift = { shiftId, lineId, name, start, end };
    if (end > from && end <= now) await publish(tx, shiftEnded, `line:${lineId}`, shift, now);
    if (start > from && start <= now) await publish(tx, shiftStarted, `line:${lineId}`, shift, now);
  }
}
