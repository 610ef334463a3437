"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { formatWeekday } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { TextField } from "#app/_ui/desk/field.tsx";
import { asBreaks, breaksText } from "#server/execution/imports/cells.rules.ts";
import type { ShiftPattern } from "#server/execution/shifts/shifts.contract.ts";
import { addDays } from "#server/execution/shifts/shifts.rules.ts";
import { History } from "../_history/history.client.tsx";

const weekdays = [1, 2, 3, 4, 5, 6, 7];

/** Changes a shift pattern from a date on; the days before keep what they had. */
export function PatternDialog(props: {
  pattern: ShiftPattern;
  today: string;
  onClose: () => void;
}): ReactNode {
  const { pattern, today } = props;
  const t = useTranslations("admin.calendar");
  const locale = useLocale();
  const command = useCommand<object, unknown>(`/shift-patterns/${String(pattern.id)}`);
  const form = useForm({
    defaultValues: {
      fromDay: addDays(today, 1),
      name: pattern.name,
      days: [...pattern.weekdays],
      startLocal: pattern.startLocal,
      endLocal: pattern.endLocal,
      breaks: breaksText(pattern.breaks),
    },
  });
  const days = useWatch({ control: form.control, name: "days" });
  const save = form.handleSubmit(async ({ days: on, breaks, ...said }) => {
    const all = { ...said, weekdays: on, breaks: breaksOf(breaks) };
    if ((await command.run(all)) !== null) props.onClose();
  });
  const { errors } = form.formState;
  const needed = { required: t("required") };
  return (
    <FormDialog
      title={t("changePattern")}
      word={t("save")}
      text={t("changePatternText")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <TextField
        label={t("fromDay")}
        type="date"
        min={today}
        {...form.register("fromDay", needed)}
        problem={errors.fromDay?.message}
      />
      <TextField
        label={t("shiftName")}
        {...form.register("name", { ...needed, maxLength: 60 })}
        problem={errors.name?.message}
      />
      <TextField label={t("start")} type="time" {...form.register("startLocal", needed)} />
      <TextField label={t("end")} type="time" {...form.register("endLocal", needed)} />
      <fieldset className="sm:col-span-2">
        <legend className="font-semibold">{t("days")}</legend>
        <div className="flex flex-wrap gap-x-4 gap-y-1">
          {weekdays.map((n) => (
            <label key={n} className="inline-flex min-h-8 items-center gap-1.5">
              <input
                type="checkbox"
                checked={days.includes(n)}
                onChange={(event) =>
                  form.setValue(
                    "days",
                    event.target.checked
                      ? [...days, n].toSorted((a, b) => a - b)
                      : days.filter((d) => d !== n),
                  )
                }
              />
              {formatWeekday(locale, n, "short")}
            </label>
          ))}
        </div>
      </fieldset>
      <div className="sm:col-span-2">
        <TextField
          label={t("breaks")}
          hint={t("breaksHint")}
          {...form.register("breaks", { validate: (text) => breaksOf(text) !== null || t("breaksWrong") })}
          problem={errors.breaks?.message}
        />
      </div>
      <div className="border-t border-hairline pt-3 sm:col-span-2">
        <History
          objectType="shift_pattern"
          objectId={pattern.seriesId}
          onUndone={props.onClose}
          say={(field, value) =>
            field === "weekdays" && Array.isArray(value)
              ? value.map((n) => formatWeekday(locale, Number(n), "short")).join(" ")
              : undefined
          }
        />
      </div>
    </FormDialog>
  );
}

/** `10:00-10:15, 12:00-12:30` as breaks, as in a file; null = it cannot be read. */
function breaksOf(text: string): unknown {
  try {
    return asBreaks(text, { decimalComma: false });
  } catch {
    return null;
  }
}
