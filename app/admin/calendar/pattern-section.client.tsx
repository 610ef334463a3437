"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatDay, formatRange, formatWeekday } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { breaksText } from "#server/execution/imports/cells.rules.ts";
import { neverHeld } from "#server/execution/shifts/calendar.rules.ts";
import type { ShiftPattern } from "#server/execution/shifts/shifts.contract.ts";
import { localDay } from "#server/execution/shifts/shifts.rules.ts";
import { ImportButton } from "../_import/import-dialog.client.tsx";
import { PatternDialog } from "./pattern-dialog.client.tsx";

/** The shifts that a line works each week, each from its date on. */
export function PatternSection(props: {
  patterns: readonly ShiftPattern[];
  zone: string;
  today: string;
  now: number;
  mayChange: boolean;
  onChanged: () => void;
}): ReactNode {
  const { zone, now } = props;
  const t = useTranslations("admin.calendar");
  const locale = useLocale();
  const wrong = useErrorWords();
  const [open, setOpen] = useState<ShiftPattern | null>(null);
  const end = useCommand<object, unknown>("/shift-patterns");
  const day = (at: number) => formatDay(locale, localDay(at, zone));
  const why = props.mayChange ? null : t("patternsOfPlant");
  const columns: readonly Column<ShiftPattern>[] = [
    { key: "name", head: t("shiftName"), value: (p) => p.name, cell: (p) => <bdi>{p.name}</bdi> },
    {
      key: "days",
      head: t("days"),
      value: (p) => p.weekdays.map((n) => formatWeekday(locale, n, "short")).join(" "),
    },
    {
      key: "times",
      head: t("times"),
      value: (p) => `${p.startLocal}–${p.endLocal}`,
      cell: (p) => formatRange(p.startLocal, p.endLocal),
    },
    {
      key: "breaks",
      head: t("breaks"),
      value: (p) => breaksText(p.breaks),
      cell: (p) => p.breaks.map(({ start, end }) => formatRange(start, end)).join(", "),
    },
    {
      key: "holds",
      head: t("holds"),
      value: (p) =>
        p.until !== null
          ? t("until", { day: day(p.until) })
          : p.from !== null && p.from > now
            ? t("from", { day: day(p.from) })
            : t("always"),
    },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      align: "end",
      cell: (p) =>
        p.until !== null ? null : (
          <span className="inline-flex gap-2">
            <Button size="small" why={why} onPress={() => setOpen(p)}>
              {t("change")}
            </Button>
            <Button
              size="small"
              why={why}
              busy={end.busy}
              onPress={() => void end.run({}, `/shift-patterns/${String(p.id)}/end`).then(props.onChanged)}
            >
              {t("endIt")}
            </Button>
          </span>
        ),
    },
  ];
  return (
    <section className="d-panel" aria-labelledby="patterns">
      <div className="flex flex-wrap items-center justify-between gap-2 p-4 pb-2">
        <h2 id="patterns" className="font-semibold">
          {t("patterns")}
        </h2>
        {props.mayChange && <ImportButton kinds={["shifts"]} onStored={props.onChanged} />}
      </div>
      {end.state.phase === "wrong" && <Notice kind="error" title={wrong(end.state.error)} />}
      <DataTable
        name="shift-patterns"
        caption={t("patterns")}
        columns={columns}
        rows={props.patterns.filter((p) => (p.until ?? Infinity) > now && !neverHeld(p))}
        rowKey={(pattern) => String(pattern.id)}
        empty={
          <Notice kind="empty" title={t("noPattern")} filling>
            {t("noPatternText")}
          </Notice>
        }
      />
      {open !== null && (
        <PatternDialog
          pattern={open}
          today={props.today}
          onClose={() => {
            setOpen(null);
            props.onChanged();
          }}
        />
      )}
    </section>
  );
}
