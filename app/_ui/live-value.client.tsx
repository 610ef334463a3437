"use client";

import { Clock } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatSpan } from "#app/_lib/format.ts";
import type { LiveSample } from "#app/_live/samples.client.ts";
import { quality } from "#server/device/tag.contract.ts";

/**
 * A number with its unit. A stale one stays, greyed, on hatched ground; one that never came is a dash. Words for
 * screen readers say "stale" and how old.
 */
export function LiveValue(props: {
  sample: LiveSample | undefined;
  unit: string | null;
  decimals: number;
  className?: string;
}): ReactNode {
  const { sample, unit, decimals } = props;
  const locale = useLocale();
  const t = useTranslations("quality");
  const value = sample?.value;
  const text =
    typeof value === "number"
      ? formatNumber(locale, value, decimals)
      : value === undefined || value === null
        ? "–"
        : String(value);
  const stale = sample === undefined || sample.stale;
  return (
    <span className={`value ${props.className ?? ""} ${stale ? "hatched" : ""}`} data-stale={stale} dir="ltr">
      <bdi>{text}</bdi>
      {unit !== null && unit !== "" && <span className="unit">{unit}</span>}
      {stale && (
        <span className="sr-only">
          {sample === undefined ? t("none") : t("staleFor", { span: formatSpan(locale, sample.ageMs) })}
        </span>
      )}
    </span>
  );
}

/** Age and quality of a value: `2 sec`, `stale 42 sec`, `uncertain`. Stands beside every live number. */
export function ValueAge(props: { sample: LiveSample | undefined }): ReactNode {
  const { sample } = props;
  const locale = useLocale();
  const t = useTranslations("quality");
  if (sample === undefined)
    return (
      <span className="age" data-stale="true">
        {t("none")}
      </span>
    );
  const span = formatSpan(locale, sample.ageMs);
  return (
    <span className="age" data-stale={sample.stale}>
      {sample.stale && <Clock className="size-[1em]" aria-hidden="true" />}
      {sample.quality === quality.uncertain && !sample.stale
        ? `${t("uncertain")} · ${span}`
        : sample.stale
          ? t("staleFor", { span })
          : span}
    </span>
  );
}
