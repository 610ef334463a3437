import { defineUndo, type Undoer } from "#server/core/undo.ts";
import type { Change } from "#server/core/history.rules.ts";
import { changeException, exceptionFields, removeException, restoreException } from "./calendar.commands.ts";
import {
  changeShiftPattern,
  endShiftPattern,
  patternFields,
  reopenShiftPattern,
} from "./patterns.commands.ts";
import { lineZones } from "./shifts.queries.ts";
import { localDay } from "./shifts.rules.ts";

const idOf = ({ objectId }: Change) => Number(objectId);
const always = () => true;

const onException = (action: string, run: Undoer["run"]) =>
  defineUndo({
    action,
    objectType: "calendar_exception",
    takes: always,
    allow: "calendar.plan",
    lock: (tx, change) => exceptionFields(tx, idOf(change)),
    run,
  });

const onPattern = (action: string, run: Undoer["run"]) =>
  defineUndo({
    action,
    objectType: "shift_pattern",
    takes: always,
    allow: "plant.manage",
    lock: (tx, change) => patternFields(tx, idOf(change)),
    run,
  });

/** How changes of the calendar are taken back; days that are over stay as they were worked. */
export const calendarUndoers: readonly Undoer[] = [
  onException("calendar.add", (context, change) =>
    removeException.part(context, { exceptionId: idOf(change) }),
  ),
  onException("calendar.change", (context, change) => {
    const before = Object.entries(change.before).filter(([, value]) => value !== null);
    return changeException.part(context, { ...Object.fromEntries(before), exceptionId: idOf(change) });
  }),
  onException("calendar.remove", (context, change) =>
    restoreException.part(context, { exceptionId: idOf(change) }),
  ),
  onPattern("shift.add_pattern", (context, change) =>
    endShiftPattern.part(context, { patternId: idOf(change) }),
  ),
  onPattern("shift.end_pattern", (context, change) =>
    reopenShiftPattern.part(context, { patternId: idOf(change) }),
  ),
  onPattern("shift.change_pattern", async (context, change) => {
    const { tx, now } = context;
    const zone = (await lineZones(tx)).get(Number(change.before["lineId"])) ?? "UTC";
    const from = Math.max(Number(change.after["from"]), now);
    await changeShiftPattern.part(context, {
      ...change.before,
      patternId: idOf(change),
      fromDay: localDay(from, zone),
    });
  }),
];
