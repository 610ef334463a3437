"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatSigned } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { useSample } from "#app/_live/samples.client.ts";
import { LiveValue } from "#app/_ui/live-value.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { Running } from "#app/_ui/relative-time.client.tsx";
import { StateMark } from "#app/_ui/state-mark.tsx";
import type {
  LineView,
  MachineSummary,
  MainTag,
} from "#server/execution/machine-state/machine-state.contract.ts";

/**
 * Lines in flow order: each machine's state by shape and word, how long, its first process value, and the gap to the
 * shift's target.
 */
export function LineTiles(props: {
  initial: readonly LineView[];
  tags: readonly MainTag[];
  scopes: readonly string[];
}): ReactNode {
  const t = useTranslations("office.lines");
  const { data } = useRecord<readonly LineView[]>({
    path: "/lines",
    initial: props.initial,
    scopes: props.scopes,
    everyMs: 10_000,
  });
  const lines = data ?? props.initial;
  if (lines.length === 0)
    return (
      <Notice kind="empty" title={t("empty")} filling>
        {t("emptyText")}
      </Notice>
    );
  return (
    <section aria-label={t("title")} className="flex flex-col gap-4">
      {lines.map((line) => (
        <div key={line.id} className="d-panel p-3">
          <h2 className="flex items-baseline justify-between gap-3 pb-2 font-semibold">
            <bdi>{line.name}</bdi>
            <span className="text-sm font-normal text-ink-2">{line.shift?.name ?? t("noShift")}</span>
          </h2>
          <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,13.5rem),1fr))] gap-2">
            {line.machines.map((machine) => (
              <MachineTile
                key={machine.id}
                machine={machine}
                tag={props.tags.find((tag) => tag.machineId === machine.id)}
              />
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function MachineTile(props: { machine: MachineSummary; tag: MainTag | undefined }): ReactNode {
  const { machine, tag } = props;
  const t = useTranslations("office.lines");
  const words = useTranslations("state");
  const app = useTranslations("app");
  const locale = useLocale();
  const { state, pace } = machine;
  const job = machine.jobs[0];
  return (
    <li>
      <Link
        href={`/office/machines/${machine.code}`}
        prefetch={false}
        data-machine={machine.code}
        data-word={state.word}
        className={`flex h-full min-h-28 flex-col gap-1 rounded-md border border-hairline bg-raised p-2.5 text-ink no-underline hover:border-ink ${
          state.word === "no_data" ? "hatched" : ""
        }`}
      >
        <span className="flex items-center justify-between gap-2">
          <bdi className="font-semibold">{machine.name}</bdi>
          <StateMark word={state.word} />
        </span>
        <span className="text-sm">
          {words(state.word)} <Running since={state.start} />
          {machine.manual && <span className="d-chip ms-2">{app("manual")}</span>}
        </span>
        {state.fault !== null && <bdi className="truncate text-sm text-ink-2">{state.fault}</bdi>}
        {tag !== undefined && <MainValue tag={tag} />}
        <span className="mt-auto flex items-baseline justify-between gap-2 text-sm text-ink-2">
          <bdi className="truncate">{job?.productName ?? t("noJob")}</bdi>
          {pace.gap !== null && (
            <span className="font-semibold text-ink" title={t("gap")}>
              {formatSigned(locale, Math.round(pace.gap))}
            </span>
          )}
        </span>
        {pace.targetNow !== null && (
          <span className="text-xs text-ink-2">
            {t("goodOf", {
              good: formatNumber(locale, pace.good),
              target: formatNumber(locale, Math.round(pace.targetNow)),
            })}
          </span>
        )}
      </Link>
    </li>
  );
}

function MainValue(props: { tag: MainTag }): ReactNode {
  const { tag } = props;
  const sample = useSample(tag.id, tag.staleMs);
  return (
    <span
      data-tag={tag.id}
      data-source-time={sample?.sourceTime}
      className="flex items-baseline justify-between gap-2 text-sm"
    >
      <bdi className="truncate text-ink-2">{tag.name}</bdi>
      <LiveValue sample={sample} unit={tag.unit} decimals={tag.decimals} className="shrink-0" />
    </span>
  );
}
