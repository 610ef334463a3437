"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useSentence } from "#app/_lib/sentence.client.ts";
import { PlantRange } from "#app/_ui/relative-time.client.tsx";
import { Sparkline } from "#app/_ui/sparkline-graph.tsx";
import type { DeviationView } from "#server/execution/detection/detection.contract.ts";

/** What a deviation rests on: window, statistic against limit, data quality, likely cause with its record. */
export function EvidencePanel(props: { deviation: DeviationView }): ReactNode {
  const { deviation } = props;
  const { evidence, cause, tag } = deviation;
  const t = useTranslations("office.evidence");
  const causes = useTranslations("cause");
  const say = useSentence();
  const locale = useLocale();
  const number = (value: number, decimals = tag.decimals) => formatNumber(locale, value, decimals);
  const unit = evidence.unit ?? "";
  return (
    <div className="flex flex-col gap-3">
      <p className="font-semibold">{say(deviation.title)}</p>
      <p className="text-ink-2">{say(deviation.text)}</p>
      <figure>
        <div className="h-16 text-ink">
          <Sparkline
            points={evidence.series.map((point) => ({ at: point.at, value: point.value }))}
            from={evidence.series[0]?.at ?? evidence.window.start}
            to={evidence.series.at(-1)?.at ?? evidence.window.end}
            gapMs={Number.POSITIVE_INFINITY}
            least={0}
          />
        </div>
        <figcaption className="text-sm text-ink-2">{t("series", { tag: tag.name })}</figcaption>
      </figure>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-2 sm:grid-cols-3">
        <Fact name={t("value")}>
          <bdi>
            {number(evidence.value)} {unit}
          </bdi>
        </Fact>
        <Fact name={t("normal")}>
          <bdi>
            {number(evidence.normal)} {unit}
          </bdi>
        </Fact>
        <Fact name={t("statistic")}>
          <bdi dir="ltr">
            {number(evidence.statistic, 1)} / {number(evidence.limit, 1)}
          </bdi>
        </Fact>
        <Fact name={t("window")}>
          <PlantRange from={evidence.window.start} until={evidence.window.end} seconds />
        </Fact>
        <Fact name={t("baseline")}>
          σ {number(evidence.baseline.sigma, 2)} · n {evidence.baseline.n}
        </Fact>
        <Fact name={t("quality")}>
          {t("used", { used: evidence.quality.used, excluded: evidence.quality.excluded })}
        </Fact>
      </dl>
      {cause !== null && (
        <p>
          <span className="font-semibold">{t("cause")}</span> {causes(cause.code)}{" "}
          <span className="text-ink-2">{t("right", { right: cause.right, of: cause.of })}</span>
          {cause.signals.map((signal) => (
            <span key={signal.tagId} className="block text-sm text-ink-2">
              <bdi>{signal.name}</bdi>{" "}
              <bdi>
                {number(signal.value, 1)} {signal.unit}
              </bdi>{" "}
              <bdi dir="ltr">
                ({signal.op} {number(signal.limit, 1)})
              </bdi>
            </span>
          ))}
        </p>
      )}
    </div>
  );
}

function Fact(props: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt className="text-sm text-ink-2">{props.name}</dt>
      <dd>
        <bdi>{props.children}</bdi>
      </dd>
    </div>
  );
}
