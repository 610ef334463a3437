"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatShare, formatSpan } from "#app/_lib/format.ts";
import { PlantRange } from "#app/_ui/relative-time.client.tsx";
import type { OeeView } from "#server/enterprise/oee/oee.contract.ts";

/** Each factor with its formula and the numbers put in; losses and reasons; which version of the rules. */
export function Evidence(props: { view: OeeView }): ReactNode {
  const { buckets, counts, ratios, losses, reasons, ruleVersion, restated, period } = props.view;
  const t = useTranslations("reports.evidence");
  const words = useTranslations("reports");
  const bucket = useTranslations("reports.bucket");
  const locale = useLocale();
  const span = (ms: number) => formatSpan(locale, ms);
  const count = (n: number) => formatNumber(locale, n);
  const ratio = (r: number | null) => (r === null ? "–" : formatShare(locale, r, 2));
  const rows: readonly [string, string, string, number | null][] = [
    [
      words("availability"),
      `${bucket("apt")} / ${bucket("pbt")}`,
      `${span(buckets.apt)} / ${span(buckets.pbt)}`,
      ratios.availability,
    ],
    [
      words("performance"),
      `${t("ideal")} / ${bucket("apt")}`,
      `${span(counts.idealMs)} / ${span(buckets.apt)}`,
      ratios.performance,
    ],
    [
      words("quality"),
      `${t("idealGood")} / ${t("ideal")}`,
      `${span(counts.idealGoodMs)} / ${span(counts.idealMs)}`,
      ratios.quality,
    ],
    [
      words("oee"),
      `${t("idealGood")} / ${bucket("pbt")}`,
      `${span(counts.idealGoodMs)} / ${span(buckets.pbt)}`,
      ratios.oee,
    ],
  ];
  return (
    <div className="mt-3 grid gap-4 rounded-md bg-raised p-3 lg:grid-cols-2">
      <table className="d-table">
        <caption className="text-start font-semibold">{t("formulas")}</caption>
        <tbody>
          {rows.map(([name, formula, numbers, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                {formula}
                <bdi className="block text-ink-2">{numbers}</bdi>
              </td>
              <td data-align="end" className="font-semibold">
                {ratio(value)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="flex flex-col gap-2 text-sm">
        <p>
          {t("counts", {
            good: count(counts.good),
            scrap: count(counts.scrap),
            cycles: count(counts.cycles),
          })}{" "}
          · {t("stops", { stops: counts.stops, micro: counts.microStops })}
        </p>
        <p className="font-semibold">{t("losses")}</p>
        <ul className="grid grid-cols-2 gap-x-4">
          {(Object.keys(losses) as (keyof typeof losses)[]).map((key) => (
            <li key={key} className="flex justify-between gap-2">
              {t(`loss.${key}`)} <bdi className="text-ink-2">{span(losses[key])}</bdi>
            </li>
          ))}
        </ul>
        {reasons.length > 0 && (
          <>
            <p className="font-semibold">{t("reasons")}</p>
            <ul>
              {reasons.map((reason) => (
                <li key={reason.code ?? "none"} className="flex justify-between gap-2">
                  <bdi>{reason.name ?? t("unexplained")}</bdi>
                  <bdi className="text-ink-2">
                    {span(reason.ms)} · {reason.stops}
                  </bdi>
                </li>
              ))}
            </ul>
          </>
        )}
        <p className="text-ink-2">
          <PlantRange from={period.start} until={period.end} day /> · {t("version", { version: ruleVersion })}
          {restated > 0 && ` · ${t("restated", { times: restated })}`}
        </p>
      </div>
    </div>
  );
}
