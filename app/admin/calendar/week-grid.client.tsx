"use client";

import { CalendarOff, CalendarPlus, Clock } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatDay, formatWeekday } from "#app/_lib/format.ts";
import type { CalendarException } from "#server/execution/shifts/calendar.contract.ts";
import { exceptionsOn, hoursOf, type LineCalendar } from "#server/execution/shifts/calendar.rules.ts";
import type { shownShifts } from "./plan.ts";
import { ShiftLine } from "./shift-line.client.tsx";

/** Weeks as rows, days as columns; on a phone a list of days. A day that is otherwise says how, and why. */
export function WeekGrid(props: {
  weeks: readonly (readonly string[])[];
  today: string;
  calendar: LineCalendar;
  shifts: ReturnType<typeof shownShifts>;
  now: number;
  onOpen: (day: string) => void;
}): ReactNode {
  const { weeks, today, calendar, shifts, now } = props;
  const t = useTranslations("admin.calendar");
  const locale = useLocale();
  return (
    <section className="d-panel overflow-hidden" aria-label={t("weeks")}>
      <div className="hidden grid-cols-7 border-b border-line md:grid" aria-hidden="true">
        {[1, 2, 3, 4, 5, 6, 7].map((weekday) => (
          <span key={weekday} className="px-2 py-1.5 text-sm font-semibold text-ink-2">
            {formatWeekday(locale, weekday, "long")}
          </span>
        ))}
      </div>
      <ul className="grid grid-cols-1 gap-px bg-hairline md:grid-cols-7">
        {weeks.flat().map((day) => (
          <Day
            key={day}
            day={day}
            past={day < today}
            today={day === today}
            hours={hoursOf(day, calendar.zone)}
            said={exceptionsOn(calendar, day)}
            shifts={shifts.filter(({ productionDay }) => productionDay === day)}
            zone={calendar.zone}
            now={now}
            onOpen={() => props.onOpen(day)}
          />
        ))}
      </ul>
    </section>
  );
}

const icons = {
  closed: CalendarOff,
  dropped: CalendarOff,
  as_weekday: CalendarPlus,
  extra: CalendarPlus,
  changed: Clock,
};

function Day(props: {
  day: string;
  past: boolean;
  today: boolean;
  hours: number;
  said: readonly CalendarException[];
  shifts: ReturnType<typeof shownShifts>;
  zone: string;
  now: number;
  onOpen: () => void;
}): ReactNode {
  const { day, past, said, shifts, zone, now } = props;
  const t = useTranslations("admin.calendar");
  const locale = useLocale();
  const look = past ? "bg-canvas text-ink-2" : "bg-surface";
  return (
    <li className={look} data-day={day}>
      <button
        type="button"
        onClick={props.onOpen}
        aria-current={props.today ? "date" : undefined}
        className="flex h-full min-h-11 w-full flex-col items-stretch gap-1 p-2 text-start hover:bg-band aria-[current=date]:shadow-[inset_0_0_0_2px_var(--ink)] md:min-h-28"
      >
        <span className="flex flex-wrap items-baseline gap-x-2">
          <span className={`${props.today ? "font-bold" : "font-semibold"} md:hidden`}>
            {formatDay(locale, day, "long")}
          </span>
          <span className={`hidden md:inline ${props.today ? "font-bold" : "font-semibold"}`}>
            {formatDay(locale, day, "none")}
          </span>
          {props.today && <span className="text-sm text-ink-2">{t("today")}</span>}
          {props.hours !== 24 && <span className="d-chip">{t("hours", { hours: props.hours })}</span>}
        </span>
        {said.map((one) => {
          const Icon = icons[one.kind];
          return (
            <span key={one.id} className="flex items-start gap-1 text-sm">
              <Icon className="mt-0.5 size-3.5 flex-none" aria-hidden="true" />
              <span>
                <span className="font-semibold">
                  {one.kind === "as_weekday"
                    ? t("is.as_weekday", { weekday: formatWeekday(locale, one.weekday ?? 1) })
                    : t(`is.${one.kind}`)}
                </span>{" "}
                <bdi className="text-ink-2">{one.reason}</bdi>
              </span>
            </span>
          );
        })}
        {shifts.map((shift) => (
          <span
            key={shift.start}
            className={`border-s-4 ps-1.5 text-sm leading-snug ${shift.exceptionId === null ? "border-line" : "border-ink"}`}
          >
            <ShiftLine shift={shift} zone={zone} />
            {shift.start <= now && now < shift.end && (
              <span className="block font-semibold">{t("runs")}</span>
            )}
          </span>
        ))}
        {shifts.length === 0 && said.length === 0 && <span className="text-sm text-ink-2">{t("free")}</span>}
      </button>
    </li>
  );
}
