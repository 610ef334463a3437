"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { formatDay, formatRange, formatWeekday } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords, useRefusalWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { CalendarException } from "#server/execution/shifts/calendar.contract.ts";
import { exceptionsOn, expandCalendar } from "#server/execution/shifts/calendar.rules.ts";
import { History } from "../_history/history.client.tsx";
import { type DayForm, type Line, type LinePreview, previewOf, sayOf, shownShifts } from "./plan.ts";
import { ShiftLine } from "./shift-line.client.tsx";

const kinds = ["closed", "as_weekday", "extra", "changed", "dropped"] as const;

/** One day: what is said of it, how to take that back, and what may be said, with what would come of it. */
export function DayDialog(props: {
  day: string;
  today: string;
  now: number;
  line: Line;
  /** Of the whole plant: a word may be for every line. */
  lines: readonly Line[];
  takenBack: readonly CalendarException[];
  onDay: (day: string) => void;
  onReread: () => void;
  onClose: () => void;
}): ReactNode {
  const { day, today, now, line, lines } = props;
  const { calendar } = line;
  const t = useTranslations("admin.calendar");
  const locale = useLocale();
  const command = useCommand<object, unknown>("/calendar/exceptions");
  const said = exceptionsOn(calendar, day);
  const onDay = shownShifts(line, now, [day, day]);
  const ofPatterns = expandCalendar({ ...calendar, exceptions: [] }, day, day);
  const backOnDay = exceptionsOn({ ...calendar, exceptions: props.takenBack }, day);
  const over = day < today;
  const form = useForm<DayForm>({
    defaultValues: {
      kind: ofPatterns.length === 0 ? "as_weekday" : "closed",
      everyLine: false,
      weekday: "5",
      series: String(calendar.patterns.find(({ id }) => id === ofPatterns[0]?.patternId)?.seriesId ?? ""),
      name: t("overtime"),
      start: "06:00",
      end: "14:00",
      reason: "",
    },
  });
  const fields = useWatch({ control: form.control }) as DayForm;
  const previews = isReady(fields) ? previewOf(lines, sayOf(fields, day, calendar.lineId), now) : [];
  const save = form.handleSubmit(async (values) => {
    if (over || (await command.run(sayOf(values, day, calendar.lineId))) === null) return;
    props.onClose();
  });
  const chosen = (seriesId: string) => {
    const one = calendar.patterns.find((p) => String(p.seriesId) === seriesId);
    form.setValue("series", seriesId);
    // The times that are changed are those it has.
    if (one !== undefined) form.reset({ ...form.getValues(), start: one.startLocal, end: one.endLocal });
  };
  const series = calendar.patterns.filter(
    (one, i, all) => all.findIndex((p) => p.seriesId === one.seriesId) === i,
  );
  return (
    <FormDialog
      title={formatDay(locale, day, "long")}
      word={t("save")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <div className="flex flex-col gap-2 sm:col-span-2">
        <TextField
          label={t("day")}
          type="date"
          value={day}
          min={today}
          onChange={(event) => {
            if (event.target.value !== "") props.onDay(event.target.value);
          }}
        />
        <ShiftLines title={t("works")} shifts={onDay} zone={calendar.zone} none={t("free")} />
        {said.map((one) => (
          <Said key={one.id} said={one} over={over} onReread={props.onReread} />
        ))}
        {backOnDay.length > 0 && (
          <details>
            <summary className="d-link cursor-pointer text-sm">{t("takenBack")}</summary>
            {backOnDay.map((one) => (
              <div key={one.id} className="border-s-4 border-line ps-2">
                <p>
                  <SaidWords said={one} />
                </p>
                <History objectType="calendar_exception" objectId={one.id} onUndone={props.onReread} />
              </div>
            ))}
          </details>
        )}
      </div>
      {over ? (
        <p className="text-ink-2 sm:col-span-2">{t("over")}</p>
      ) : (
        <>
          <SelectField
            label={t("what")}
            options={kinds.map((value) => ({ value, label: t(`kind.${value}`) }))}
            {...form.register("kind")}
          />
          {fields.kind === "as_weekday" && (
            <SelectField
              label={t("likeDay")}
              options={[1, 2, 3, 4, 5, 6, 7].map((n) => ({
                value: String(n),
                label: formatWeekday(locale, n),
              }))}
              {...form.register("weekday")}
            />
          )}
          {(fields.kind === "changed" || fields.kind === "dropped") && (
            <SelectField
              label={t("shift")}
              options={series.map((one) => ({
                value: String(one.seriesId),
                label: `${one.name} ${formatRange(one.startLocal, one.endLocal)}`,
              }))}
              value={fields.series}
              onChange={(event) => chosen(event.target.value)}
            />
          )}
          {fields.kind === "extra" && (
            <TextField label={t("shiftName")} {...form.register("name", { required: true, maxLength: 60 })} />
          )}
          {(fields.kind === "extra" || fields.kind === "changed") && (
            <>
              <TextField label={t("start")} type="time" {...form.register("start", { required: true })} />
              <TextField label={t("end")} type="time" {...form.register("end", { required: true })} />
            </>
          )}
          {fields.kind !== "changed" && fields.kind !== "dropped" && (
            <SelectField
              label={t("where")}
              value={fields.everyLine ? "all" : "line"}
              onChange={(event) => form.setValue("everyLine", event.target.value === "all")}
              options={[
                { value: "line", label: line.name },
                { value: "all", label: t("everyLine") },
              ]}
            />
          )}
          <TextField
            label={t("reason")}
            hint={t("reasonHint")}
            {...form.register("reason", { required: t("required"), maxLength: 120 })}
            problem={form.formState.errors.reason?.message}
          />
          <Preview previews={previews} />
        </>
      )}
    </FormDialog>
  );
}

function isReady(form: DayForm): boolean {
  const times = form.start !== "" && form.end !== "";
  if (form.kind === "extra") return times;
  if (form.kind === "changed") return times && form.series !== "";
  return form.kind !== "dropped" || form.series !== "";
}

/** One word about the day, with the way back and what happened to it. */
function Said(props: { said: CalendarException; over: boolean; onReread: () => void }): ReactNode {
  const { said, over } = props;
  const t = useTranslations("admin.calendar");
  const wrong = useErrorWords();
  const remove = useCommand<object, unknown>(`/calendar/exceptions/${String(said.id)}/remove`);
  return (
    <div className="border-s-4 border-ink ps-2">
      <p className="flex flex-wrap items-center gap-2">
        <SaidWords said={said} />
        {said.lineId === null && <span className="d-chip">{t("everyLine")}</span>}
        <Button
          size="small"
          busy={remove.busy}
          why={over ? t("over") : null}
          onPress={() => void remove.run({}).then(props.onReread)}
        >
          {t("takeBack")}
        </Button>
      </p>
      {remove.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(remove.state.error)}
        </p>
      )}
      <details>
        <summary className="d-link cursor-pointer text-sm">{t("history")}</summary>
        <History objectType="calendar_exception" objectId={said.id} onUndone={props.onReread} />
      </details>
    </div>
  );
}

function SaidWords(props: { said: CalendarException }): ReactNode {
  const { kind, weekday, reason } = props.said;
  const t = useTranslations("admin.calendar");
  const locale = useLocale();
  const words = kind === "as_weekday" ? { weekday: formatWeekday(locale, weekday ?? 1) } : {};
  return (
    <>
      <span className="font-semibold">{t(`is.${kind}`, words)}</span> <bdi>{reason}</bdi>
    </>
  );
}

/** What saving would take away and bring, or why it cannot be; for every line of which that can be said. */
function Preview(props: { previews: readonly LinePreview[] }): ReactNode {
  const t = useTranslations("admin.calendar");
  const words = useRefusalWords();
  const told = props.previews.filter(({ why, gone, come }) => why !== null || gone.length + come.length > 0);
  return (
    <div className="flex flex-col gap-2 border-t border-hairline pt-3 sm:col-span-2" aria-live="polite">
      <p className="font-semibold">{t("preview")}</p>
      {told.length === 0 && <p className="text-ink-2">{t("previewSame")}</p>}
      {told.map(({ line: { name, calendar }, why, gone, come }) => (
        <div key={calendar.lineId}>
          {props.previews.length > 1 && (
            <p className="font-semibold">
              <bdi>{name}</bdi>
            </p>
          )}
          {why !== null && <p role="alert">{words(why)}</p>}
          {why === null && gone.length > 0 && (
            <ShiftLines title={t("gone")} shifts={gone} zone={calendar.zone} />
          )}
          {why === null && come.length > 0 && (
            <ShiftLines title={t("come")} shifts={come} zone={calendar.zone} />
          )}
        </div>
      ))}
    </div>
  );
}

function ShiftLines(props: {
  title: string;
  shifts: ReturnType<typeof shownShifts>;
  zone: string;
  none?: string;
}): ReactNode {
  return (
    <div>
      <p className="text-ink-2">{props.title}</p>
      {props.shifts.length === 0 && <p>{props.none}</p>}
      {props.shifts.map((shift) => (
        <p key={shift.start}>
          <ShiftLine shift={shift} zone={props.zone} />
        </p>
      ))}
    </div>
  );
}
