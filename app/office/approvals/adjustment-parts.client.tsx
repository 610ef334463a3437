"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatShare } from "#app/_lib/format.ts";
import { isolate } from "#app/_lib/i18n/isolate.ts";
import { type Sentence, useSentence } from "#app/_lib/sentence.client.ts";
import type {
  AdjustmentState,
  AdjustmentSummary,
  KpiResult,
  Predicted,
} from "#server/execution/adjustments/adjustments.contract.ts";

const strong: ReadonlySet<AdjustmentState> = new Set(["proposed", "held", "blocked", "unknown"]);

/** Where an adjustment is on its way; what waits for a person is filled. */
export function StateChip(props: { state: AdjustmentState }): ReactNode {
  const t = useTranslations("adjustment.state");
  return (
    <span className="d-chip" data-strong={strong.has(props.state)} data-state={props.state}>
      {t(props.state)}
    </span>
  );
}

export function ReasonWords(props: { reason: Sentence | string }): ReactNode {
  const say = useSentence();
  return <bdi>{typeof props.reason === "string" ? props.reason : say(props.reason)}</bdi>;
}

/** Whose idea it was: a person's, a rule's, or the way back of an earlier change. */
export function AuthorWords(props: { author: AdjustmentSummary["author"] }): ReactNode {
  const t = useTranslations("adjustment.author");
  return <bdi>{t(props.author.kind, { name: props.author.name })}</bdi>;
}

/** A figure as people say it: a share in per cent, everything else with its unit. */
export function useFigure(): (value: number, unit: string | null) => string {
  const locale = useLocale();
  return (value, unit) =>
    unit === null || unit === ""
      ? formatShare(locale, value, 1)
      : isolate(`${formatNumber(locale, value, 1)} ${unit}`);
}

/** `230.4 °C (229.1 … 231.8)` and where that band comes from. */
export function PredictedWords(props: { label: string; now: number; predicted: Predicted }): ReactNode {
  const t = useTranslations("office.approval");
  const figure = useFigure();
  const { label, now, predicted } = props;
  const { value, low, high, unit, basis, n } = predicted;
  return (
    <div>
      <dt className="text-sm text-ink-2">
        <bdi>{label}</bdi>
      </dt>
      <dd>
        <bdi dir="ltr" className="text-xl font-semibold">
          {figure(now, unit)} → {figure(value, unit)}
        </bdi>
        <p className="text-sm text-ink-2">
          {t("band", { low: figure(low, unit), high: figure(high, unit) })} ·{" "}
          {basis === "outcomes" ? t("basisOutcomes", { n }) : t("basisModel")}
        </p>
      </dd>
    </div>
  );
}

/** One KPI beside the change, with its interval and what the test says so far. */
export function KpiRow(props: { kpi: KpiResult }): ReactNode {
  const t = useTranslations("office.approval");
  const figure = useFigure();
  const { name, unit, before, after, improvement, low, high, says } = props.kpi;
  return (
    <tr>
      <th scope="row" className="text-start font-semibold">
        {t(`kpi.${name}`)}
      </th>
      <td data-align="end">
        {figure(before.value, unit)} <span className="text-ink-2">n {before.n}</span>
      </td>
      <td data-align="end">
        {figure(after.value, unit)} <span className="text-ink-2">n {after.n}</span>
      </td>
      <td data-align="end">
        {figure(improvement, unit)}
        {low !== null && high !== null && (
          <span className="block text-sm text-ink-2">
            {figure(low, unit)} … {figure(high, unit)}
          </span>
        )}
      </td>
      <td>{t(`says.${says}`)}</td>
    </tr>
  );
}
