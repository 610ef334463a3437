"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatSigned, formatSpan } from "#app/_lib/format.ts";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";

/** Good parts against where the shift should be: the question "do we win the shift", readable from two metres. */
export function Counts(props: { machine: MachineView }): ReactNode {
  const t = useTranslations("floor.counts");
  const units = useTranslations("unit");
  const locale = useLocale();
  const { pace, state, shift } = props.machine;
  const unknown = state.word === "no_data";
  const parts = (value: number | null) => (value === null ? "–" : formatNumber(locale, value));
  const behind = pace.gap !== null && pace.gap < 0;
  return (
    <section
      aria-label={t("title")}
      className={`k-card flex flex-col justify-between gap-mm-3 lg:flex-[2] ${unknown ? "hatched" : ""}`}
    >
      <div className="flex flex-wrap items-end justify-between gap-x-mm-6 gap-y-mm-2">
        <div>
          <p className="k-label">{t("good")}</p>
          <p className="k-hero font-semibold tracking-tight" data-value="good">
            {parts(pace.good)}
          </p>
        </div>
        <Figure label={t("target")} value={parts(pace.targetNow)} />
        <div>
          <p className="k-label">{behind ? t("behind") : t("ahead")}</p>
          <p className="k-figure flex items-baseline gap-mm-2 font-semibold" data-value="gap">
            <bdi dir="ltr">{pace.gap === null ? "–" : formatSigned(locale, pace.gap)}</bdi>
            {pace.gap !== null && pace.gap !== 0 && <Direction down={behind} />}
          </p>
        </div>
      </div>
      <Progress good={pace.good} target={pace.targetNow} whole={pace.targetShift} />
      <dl className="flex flex-wrap gap-x-mm-8 gap-y-mm-1">
        <Line
          name={t("pace")}
          value={pace.paceNow === null ? "–" : `${parts(Math.round(pace.paceNow))} ${units("partsPerHour")}`}
        />
        <Line
          name={t("need")}
          value={
            pace.paceNeeded === null ? "–" : `${parts(Math.round(pace.paceNeeded))} ${units("partsPerHour")}`
          }
        />
        <Line name={t("lost")} value={pace.lostMs === null ? "–" : formatSpan(locale, pace.lostMs)} />
        <Line name={t("scrap")} value={parts(pace.scrap)} />
      </dl>
      {shift === null && <p className="text-ink-2">{t("noShift")}</p>}
    </section>
  );
}

function Figure(props: { label: string; value: string }): ReactNode {
  return (
    <div>
      <p className="k-label">{props.label}</p>
      <p className="k-figure font-semibold">{props.value}</p>
    </div>
  );
}

function Line(props: { name: string; value: string }): ReactNode {
  return (
    <div className="flex items-baseline gap-mm-2">
      <dt className="k-label">{props.name}</dt>
      <dd className="font-semibold whitespace-nowrap">{props.value}</dd>
    </div>
  );
}

function Direction(props: { down: boolean }): ReactNode {
  return (
    <svg viewBox="0 0 10 10" className="size-[0.55em]" aria-hidden="true">
      <path d={props.down ? "M0 1h10L5 10z" : "M0 9h10L5 0z"} fill="currentColor" />
    </svg>
  );
}

/** The whole shift as a track: filled = good parts, the notch = where the plan is now. */
function Progress(props: { good: number; target: number | null; whole: number | null }): ReactNode {
  const { good, target, whole } = props;
  if (whole === null || whole <= 0) return null;
  const share = (n: number) => `${String(Math.min(100, (n / whole) * 100))}%`;
  return (
    <div
      className="relative min-h-mm-6 border lg:max-h-mm-10 lg:flex-1 border-line bg-canvas"
      aria-hidden="true"
    >
      <div className="absolute inset-y-0 start-0 bg-filled" style={{ inlineSize: share(good) }} />
      {target !== null && (
        <div
          className="absolute -inset-y-1 w-[3px] bg-ink outline outline-2 outline-surface"
          style={{ insetInlineStart: share(target) }}
        />
      )}
    </div>
  );
}
