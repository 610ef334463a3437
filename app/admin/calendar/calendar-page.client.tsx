"use client";

import { usePathname, useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatClock, formatDay } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField } from "#app/_ui/desk/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { CalendarView } from "#server/execution/shifts/calendar.contract.ts";
import { expandCalendar, holesIn } from "#server/execution/shifts/calendar.rules.ts";
import { addDays, localDay } from "#server/execution/shifts/shifts.rules.ts";
import { DayDialog } from "./day-dialog.client.tsx";
import { PatternSection } from "./pattern-section.client.tsx";
import { type Line, shownShifts, weeksFrom } from "./plan.ts";
import { WeekGrid } from "./week-grid.client.tsx";

/**
 * When a line works in the coming weeks, and why: what its patterns say and what is said otherwise of single days.
 * A day is opened to say so; what that takes away and brings is seen before it is saved.
 */
export function CalendarPage(props: {
  initial: CalendarView;
  line: string;
  /** Patterns are the plant's: only who manages it changes them. */
  mayChange: boolean;
}): ReactNode {
  const t = useTranslations("admin.calendar");
  const locale = useLocale();
  const router = useRouter();
  const here = usePathname();
  const [openDay, setOpenDay] = useState<string | null>(null);
  const { data, error, reread } = useRecord<CalendarView>({
    path: "/calendar",
    initial: props.initial,
    scopes: ["plant", ...props.initial.lines.map(({ id }) => `line:${String(id)}`)],
    topics: ["shift.", "plant."],
    everyMs: 60_000,
  });
  const view = data ?? props.initial;
  const { patterns, exceptions, now } = view;
  const lines = view.lines.map(({ id, name, timeZone }): Line => ({
    name,
    calendar: {
      lineId: id,
      zone: timeZone,
      patterns: patterns.filter(({ lineId }) => lineId === id),
      exceptions,
    },
    begun: view.begun.filter(({ lineId }) => lineId === id),
  }));
  const line = lines.find(({ calendar: { lineId } }) => String(lineId) === props.line) ?? lines[0];
  if (line === undefined)
    return (
      <Notice kind="empty" title={t("noLine")} filling>
        {t("noLineText")}
      </Notice>
    );
  const { calendar } = line;
  const { zone } = calendar;
  const today = localDay(now, zone);
  const weeks = weeksFrom(today);
  const first = weeks[0]?.[0] ?? today;
  const last = weeks.at(-1)?.at(-1) ?? today;
  const shifts = shownShifts(line, now, [first, last]);
  const before = addDays(today, -7);
  const holes = holesIn(calendar, expandCalendar(calendar, before, last), before, last).filter(
    ({ day }) => day >= today,
  );
  const clock = (at: number) => formatClock(locale, zone, at);
  return (
    <>
      <header className="d-panel flex flex-wrap items-end gap-3 p-4">
        <div className="me-auto max-w-3xl">
          <h1 className="text-lg font-semibold">{t("title")}</h1>
          <p className="text-ink-2">{t("text")}</p>
        </div>
        <SelectField
          label={t("line")}
          value={String(calendar.lineId)}
          onChange={(event) => router.replace(`${here}?line=${event.target.value}`, { scroll: false })}
          options={lines.map((one) => ({ value: String(one.calendar.lineId), label: one.name }))}
        />
        <Button tone="primary" onPress={() => setOpenDay(addDays(today, 1))}>
          {t("plan")}
        </Button>
      </header>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {holes.length > 0 && (
        <section className="d-panel p-4" aria-labelledby="holes">
          <h2 id="holes" className="font-semibold">
            {t("holes", { count: holes.length })}
          </h2>
          <ul className="pt-1">
            {holes.slice(0, 8).map(({ day, from, to }) => (
              <li key={`${day} ${String(from)}`}>
                <button type="button" className="d-link" onClick={() => setOpenDay(day)}>
                  {formatDay(locale, day)}
                </button>{" "}
                {from === null || to === null
                  ? t("holeDay")
                  : t("holeTime", { from: clock(from), to: clock(to) })}
              </li>
            ))}
          </ul>
        </section>
      )}
      <WeekGrid
        weeks={weeks}
        today={today}
        calendar={calendar}
        shifts={shifts}
        now={now}
        onOpen={setOpenDay}
      />
      <PatternSection
        patterns={calendar.patterns}
        zone={zone}
        today={today}
        now={now}
        mayChange={props.mayChange}
        onChanged={reread}
      />
      {openDay !== null && (
        <DayDialog
          key={openDay}
          day={openDay}
          today={today}
          now={now}
          line={line}
          lines={lines}
          takenBack={view.takenBack}
          onDay={setOpenDay}
          onReread={reread}
          onClose={() => {
            setOpenDay(null);
            reread();
          }}
        />
      )}
    </>
  );
}
