"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatClock, formatRange } from "#app/_lib/format.ts";
import type { Shown } from "./plan.ts";

/** A shift with its times and its breaks, on the line's own clock. */
export function ShiftLine(props: { shift: Shown; zone: string }): ReactNode {
  const { shift, zone } = props;
  const t = useTranslations("admin.calendar");
  const locale = useLocale();
  const range = ({ start, end }: { start: number; end: number }) =>
    formatRange(formatClock(locale, zone, start), formatClock(locale, zone, end));
  return (
    <>
      <span className="tabular-nums">{range(shift)}</span> <bdi className="text-ink-2">{shift.name}</bdi>
      {shift.breaks.length > 0 && (
        <span className="block text-sm text-ink-2 tabular-nums">
          {t("breaksAt", { times: shift.breaks.map(range).join(", ") })}
        </span>
      )}
    </>
  );
}
