"use client";

import { useLocale, useTimeZone, useTranslations } from "next-intl";
import { formatDayTime, formatNumber } from "#app/_lib/format.ts";
import { readField } from "#server/execution/orders/definition-fields.rules.ts";
import type { NameField, SayValue } from "../../_history/history.client.tsx";
import { type Choices, decimalsOf } from "./choices.ts";

interface Said {
  readonly from: number | null;
  readonly to: number | null;
  readonly cycleMs?: number;
  readonly partsPerCycle?: number;
  readonly perPart?: number;
  readonly scrapPercent?: number;
}

/** How the history of a product names its fields and says what stood in them. */
export function useDefinitionWords(choices: Choices): { say: SayValue; nameField: NameField } {
  const t = useTranslations("admin.products");
  const dated = useTranslations("admin.dated");
  const locale = useLocale();
  const zone = useTimeZone() ?? "UTC";
  const amount = (value: number) => formatNumber(locale, value, decimalsOf(value));
  const since = ({ from }: Said) =>
    from === null ? "" : ` (${dated("since")} ${formatDayTime(locale, zone, from)})`;
  const one = (row: Said): string =>
    row.cycleMs === undefined
      ? `${amount(row.perPart ?? 0)}${(row.scrapPercent ?? 0) > 0 ? ` + ${t("percent", { value: amount(row.scrapPercent ?? 0) })}` : ""}${since(row)}`
      : `${t("timed", { seconds: amount(row.cycleMs / 1000), parts: row.partsPerCycle ?? 1 })}${since(row)}`;
  return {
    nameField: (name) => {
      const field = readField(name);
      if (field === null) return t.has(`field.${name}`) ? t(`field.${name}`) : undefined;
      if (field.kind === "standard") {
        const machine = choices.machines.find(({ id }) => id === field.machineId);
        return t("field.standard", { machine: machine?.name ?? String(field.machineId) });
      }
      const found =
        choices.materials.find(({ id }) => id === field.materialId) ??
        choices.products.find(({ id }) => id === field.componentId);
      return t("field.component", { component: found?.code ?? name });
    },
    say: (name, value) => {
      if (!Array.isArray(value)) return undefined;
      if (name === "operations")
        return (value as { name: string }[]).map((operation) => operation.name).join(" › ") || "–";
      if (name === "versions") {
        const held = (value as { version: number; replaced: boolean }[]).filter(({ replaced }) => !replaced);
        return held.map(({ version }) => formatNumber(locale, version)).join(", ") || "–";
      }
      return readField(name) === null ? undefined : (value as Said[]).map(one).join("; ") || "–";
    },
  };
}
