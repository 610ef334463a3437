"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { codeOf } from "#server/core/code-of.rules.ts";
import { newCommandId } from "#app/_lib/command-id.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { ButtonLink } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { StepProps } from "./setup-page.client.tsx";
import { StepForm, wrongOf } from "./step-form.client.tsx";

const roles = ["operator", "setter", "supervisor", "manager"] as const;

/** Somebody with a badge: whatever the scanner types is enough, a card from the canteen too. */
export function PeopleForm({ onSaved }: StepProps): ReactNode {
  const t = useTranslations("admin.setup");
  const role = useTranslations("role");
  const add = useCommand<object, { personId: string }>("/people");
  const give = useCommand<object, unknown>("/people");
  const pin = useCommand<object, unknown>("/people");
  const form = useForm({
    defaultValues: { name: "", role: "operator" as (typeof roles)[number], badge: "", pin: "" },
  });
  const { errors } = form.formState;
  return (
    <StepForm
      word={t("addPerson")}
      busy={add.busy || give.busy || pin.busy}
      wrong={wrongOf([add.state, give.state, pin.state])}
      onSave={() =>
        void form.handleSubmit(async (fields) => {
          // A code of one's own, so that two people of one name do not meet.
          const code = `${codeOf(fields.name, "person").slice(0, 20)}-${newCommandId().slice(0, 4)}`;
          const made = await add.run({ code, name: fields.name, roles: [fields.role] });
          if (made === null) return;
          const one = `/people/${made.personId}`;
          const given = await give.run({ badge: fields.badge }, `${one}/badge`);
          if (fields.pin !== "") await pin.run({ pin: fields.pin }, `${one}/pin`);
          if (given !== null) form.reset();
          onSaved();
        })()
      }
    >
      <TextField
        label={t("personName")}
        autoComplete="off"
        {...form.register("name", { required: t("required") })}
        problem={errors.name?.message}
      />
      <SelectField
        label={t("role")}
        options={roles.map((value) => ({ value, label: role(value) }))}
        {...form.register("role")}
      />
      <TextField
        label={t("badge")}
        hint={t("badgeHint")}
        autoComplete="off"
        {...form.register("badge", { required: t("required") })}
        problem={errors.badge?.message}
      />
      <TextField
        label={t("pin")}
        hint={t("pinHint")}
        inputMode="numeric"
        type="password"
        autoComplete="off"
        {...form.register("pin", { pattern: { value: /^\d{6,8}$/, message: t("pinHint") } })}
        problem={errors.pin?.message}
      />
    </StepForm>
  );
}

/** Stations have a page of their own: a code is shown there once, large enough for a camera. */
export function StationHint(): ReactNode {
  const t = useTranslations("admin.setup");
  return (
    <ButtonLink href="/admin/stations" tone="primary">
      {t("toStations")}
    </ButtonLink>
  );
}
