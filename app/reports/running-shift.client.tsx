"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatShare, formatSpan } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Notice } from "#app/_ui/notice.tsx";
import { Countdown } from "#app/_ui/relative-time.client.tsx";
import { ShareBar, type SharePart } from "#app/_ui/share-bar.tsx";
import type { OeeView, RunningOee } from "#server/enterprise/oee/oee.contract.ts";
import { Evidence } from "./oee-evidence.client.tsx";

/** OEE of the shift that runs: each machine's three factors and where its time went. Pressing one opens its numbers. */
export function RunningShift(props: {
  initial: readonly RunningOee[];
  scopes: readonly string[];
}): ReactNode {
  const t = useTranslations("reports");
  const locale = useLocale();
  const app = useTranslations("app");
  const { data = props.initial, error } = useRecord<readonly RunningOee[]>({
    path: "/oee/running",
    initial: props.initial,
    scopes: props.scopes,
    everyMs: 10_000,
  });
  const [open, setOpen] = useState<number | null>(null);
  return (
    <section className="d-panel p-4" aria-labelledby="running-title">
      <h2
        id="running-title"
        className="flex flex-wrap items-baseline justify-between gap-3 pb-3 text-lg font-semibold"
      >
        {t("running.title")}
        {data[0] !== undefined && (
          <span className="text-sm font-normal text-ink-2">
            <bdi>{data[0].shiftName}</bdi> · {t("running.left")} <Countdown until={data[0].shiftEnd} />
          </span>
        )}
      </h2>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {data.length === 0 && (
        <Notice kind="empty" title={t("running.none")} filling>
          {t("running.noneText")}
        </Notice>
      )}
      <ul className="flex flex-col gap-4">
        {data.map((machine) => (
          <li
            key={machine.machineId}
            className="border-t border-hairline pt-3"
            data-machine={machine.machineCode}
          >
            <button
              type="button"
              aria-expanded={open === machine.machineId}
              onClick={() => setOpen(open === machine.machineId ? null : machine.machineId)}
              className="grid w-full grid-cols-2 items-baseline gap-x-6 gap-y-2 text-start sm:grid-cols-[12rem_repeat(4,6rem)_1fr]"
            >
              <span className="col-span-2 sm:col-span-1">
                <bdi className="font-semibold">{machine.machineName}</bdi>{" "}
                {machine.manual && <span className="d-chip">{app("manual")}</span>}
              </span>
              <Ratio name={t("oee")} value={machine.ratios.oee} strong />
              <Ratio name={t("availability")} value={machine.ratios.availability} />
              <Ratio name={t("performance")} value={machine.ratios.performance} />
              <Ratio name={t("quality")} value={machine.ratios.quality} />
              <span className="text-sm text-ink-2 sm:text-end">
                {machine.warnings.map((warning) => (
                  <span key={warning} className="d-chip me-1">
                    {t(`warning.${warning}`)}
                  </span>
                ))}
                {t("complete", { share: share(locale, machine) })}
              </span>
            </button>
            <Buckets view={machine} />
            {open === machine.machineId && <Evidence view={machine} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function share(locale: string, view: OeeView): string {
  return view.ratios.completeness === null ? "–" : formatShare(locale, view.ratios.completeness, 0);
}

/** A ratio in per cent; null is a dash, never 0. */
export function Ratio(props: { name: string; value: number | null; strong?: boolean }): ReactNode {
  const locale = useLocale();
  return (
    <span>
      <span className="block text-sm text-ink-2">{props.name}</span>
      <span className={props.strong === true ? "text-xl font-semibold" : "text-lg"}>
        {props.value === null ? "–" : formatShare(locale, props.value, 1)}
      </span>
    </span>
  );
}

/** The period's time, ISO 22400: what was made, set up, lost, not planned, and what nobody knows. */
export function Buckets(props: { view: OeeView }): ReactNode {
  const t = useTranslations("reports.bucket");
  const locale = useLocale();
  const { buckets } = props.view;
  const part = (key: keyof typeof buckets, look: SharePart["look"], value = buckets[key]): SharePart => ({
    key,
    name: t(key),
    value,
    text: formatSpan(locale, value),
    look,
  });
  const parts = [
    part("apt", "filled"),
    part("aust", "half"),
    part("adet", "open"),
    part("adot", "light"),
    part("plannedDown", "light"),
    part("noData", "hatched"),
  ];
  return (
    <div className="mt-2">
      <ShareBar parts={parts} label={parts.map((p) => `${p.name} ${p.text}`).join(", ")} />
    </div>
  );
}
