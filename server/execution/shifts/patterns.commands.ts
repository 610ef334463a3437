import { and, eq, sql } from "drizzle-orm";
import { instant } from "#db/sql.ts";
import { equipment } from "#db/schema/execution/plant.ts";
import { shiftInstance, shiftPattern } from "#db/schema/execution/shifts.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { daysAhead, expandAllShifts } from "./expand.ts";
import { whyNotPattern } from "./patterns.rules.ts";
import { AddShiftPattern, EndShiftPattern } from "./shifts.contract.ts";
import { shiftPatternChanged } from "./shifts.facts.ts";
import { patternsAt } from "./shifts.queries.ts";

const allow = () => ({ action: "plant.manage" }) as const;

/**
 * A line works by this pattern from now on. A shift that would be running already runs from its start: whoever sets
 * up a plant at nine wants the figures of the early shift. @throws Refusal shift_overlap, break_outside_shift
 */
export const addShiftPattern = defineCommand({
  name: "shift.add_pattern",
  input: AddShiftPattern,
  allow,
  run: async (context, input) => {
    const { tx, now } = context;
    const [line] = await tx.select().from(equipment).where(eq(equipment.id, input.lineId)).for("update");
    if (line === undefined || line.level !== "line") throw new Refusal("not_found", {}, "lineId");
    const why = whyNotPattern(input, await patternsAt(tx, input.lineId, now));
    if (why !== null) throw why;
    const weekdays = [...new Set(input.weekdays)].toSorted((a, b) => a - b);
    const [row] = await tx
      .insert(shiftPattern)
      .values({ ...input, weekdays, code: `${input.startLocal}-${input.endLocal}` })
      .returning({ id: shiftPattern.id });
    const patternId = row?.id ?? 0;
    await expandAllShifts(tx, now, -1, daysAhead);
    // What lay wholly in the past was not worked by a pattern that nobody had said.
    await tx
      .delete(shiftInstance)
      .where(and(eq(shiftInstance.patternId, patternId), sql`upper(during) <= ${instant(now)}`));
    context.audit({
      action: "shift.add_pattern",
      objectType: "shift_pattern",
      objectId: String(patternId),
      after: { ...input, weekdays },
    });
    context.publish(shiftPatternChanged, `line:${input.lineId}`, { lineId: input.lineId });
    return { patternId };
  },
});

/** No further shift begins by this pattern; the one that runs is worked to its end. */
export const endShiftPattern = defineCommand({
  name: "shift.end_pattern",
  input: EndShiftPattern,
  allow,
  run: async (context, { patternId }) => {
    const { tx, now } = context;
    const [before] = await tx.select().from(shiftPattern).where(eq(shiftPattern.id, patternId)).for("update");
    if (before === undefined) throw new Refusal("not_found", {}, "patternId");
    if (before.during.end !== null) return { patternId };
    await tx
      .update(shiftPattern)
      .set({ during: sql`tstzrange(lower(during), ${instant(now)})` })
      .where(eq(shiftPattern.id, patternId));
    await tx
      .delete(shiftInstance)
      .where(and(eq(shiftInstance.patternId, patternId), sql`lower(during) > ${instant(now)}`));
    const { name, weekdays, startLocal, endLocal } = before;
    context.audit({
      action: "shift.end_pattern",
      objectType: "shift_pattern",
      objectId: String(patternId),
      before: { name, weekdays, startLocal, endLocal },
    });
    context.publish(shiftPatternChanged, `line:${before.lineId}`, { lineId: before.lineId });
    return { patternId };
  },
});
