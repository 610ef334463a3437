"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatSigned } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Notice } from "#app/_ui/notice.tsx";
import { Running } from "#app/_ui/relative-time.client.tsx";
import { StateMark } from "#app/_ui/state-mark.tsx";
import type { MachineSummary } from "#server/execution/machine-state/machine-state.contract.ts";

/** One tile a machine: state, since when, job and gap; one tap into it. `scope` null = each machine's own. */
export function MachineTiles(props: { initial: readonly MachineSummary[]; scope: string | null }): ReactNode {
  const t = useTranslations("floor");
  const shown = new Set(props.initial.map((machine) => machine.id));
  const { data = props.initial } = useRecord<readonly MachineSummary[]>({
    path: props.scope === null ? null : "/machines",
    initial: props.initial,
    scopes: props.scope === null ? [] : [props.scope],
    topics: ["machine.", "stop.", "job.", "count"],
    everyMs: 15_000,
  });
  const machines = data.filter((machine) => shown.has(machine.id));
  if (machines.length === 0)
    return (
      <Notice kind="empty" title={t("noMachines")} filling>
        {t("noMachinesText")}
      </Notice>
    );
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,calc(var(--mm)*70)),1fr))] gap-mm-4">
      {machines.map((machine) => (
        <li key={machine.id}>
          <Tile machine={machine} />
        </li>
      ))}
    </ul>
  );
}

function Tile(props: { machine: MachineSummary }): ReactNode {
  const { machine } = props;
  const t = useTranslations("floor");
  const words = useTranslations("state");
  const locale = useLocale();
  const { state, pace, jobs } = machine;
  return (
    <Link
      href={`/floor/${machine.code}`}
      prefetch={false}
      className={`k-card flex min-h-mm-40 flex-col justify-between gap-mm-2 ${state.word === "no_data" ? "hatched" : ""}`}
    >
      <span className="flex items-baseline justify-between gap-mm-3">
        <bdi className="font-semibold">{machine.name}</bdi>
        <span className="k-label">
          <Running since={state.start} />
        </span>
      </span>
      <span className="flex items-center gap-mm-2 text-mm-5.2 font-semibold">
        <StateMark word={state.word} /> {words(state.word)}
      </span>
      <span className="flex justify-between gap-mm-3 text-label text-ink-2">
        <bdi className="truncate">{jobs[0]?.orderCode ?? t("noJob")}</bdi>
        {pace.gap !== null && (
          <span className="whitespace-nowrap">{t("gap", { gap: formatSigned(locale, pace.gap) })}</span>
        )}
      </span>
    </Link>
  );
}
