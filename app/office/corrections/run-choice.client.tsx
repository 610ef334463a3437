"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useEffect, useRef } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { SelectField } from "#app/_ui/desk/field.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { PlantRange } from "#app/_ui/relative-time.client.tsx";
import type { RunToCorrect } from "#server/enterprise/corrections/corrections.contract.ts";
import type { MachineName } from "./corrections-page.client.tsx";

const reachMs = 14 * 86_400_000;

/** Which machine and which of its runs of the last two weeks is meant. */
export function RunChoice(props: {
  machines: readonly MachineName[];
  machine: MachineName;
  jobId: string | null;
  now: number;
  scopes: readonly string[];
  chosen: RunToCorrect | null;
  onMachine: (id: number) => void;
  onRun: (run: RunToCorrect) => void;
}): ReactNode {
  const { machine, now, chosen, jobId, onRun } = props;
  const t = useTranslations("corrections");
  // Runs that begin after this page was opened are on it all the same.
  const period = `from=${String(now - reachMs)}&to=${String(now + reachMs)}`;
  const { data, error } = useRecord<readonly RunToCorrect[]>({
    path: `/corrections/runs?machineId=${String(machine.id)}&${period}`,
    scopes: props.scopes,
    topics: ["correction.", "job.", "machine.countsChanged"],
  });
  const meant = jobId === null ? undefined : data?.find((run) => run.jobId === jobId);
  // Once: after a correction that run is another version, and somebody may mean another one.
  const picked = useRef(false);
  useEffect(() => {
    if (picked.current || meant === undefined) return;
    picked.current = true;
    onRun(meant);
  }, [meant, onRun]);
  return (
    <section className="d-panel flex flex-col gap-3 p-4" aria-labelledby="run-title">
      <h2 id="run-title" className="font-semibold">
        {t("which")}
      </h2>
      <SelectField
        label={t("machine")}
        value={String(machine.id)}
        onChange={(event) => props.onMachine(Number(event.target.value))}
        options={props.machines.map((one) => ({ value: String(one.id), label: one.name }))}
      />
      {error !== null && data === undefined && <Notice kind="error" title={t("unread")} />}
      {data === undefined && error === null && <Skeleton lines={4} label={t("loading")} />}
      {data?.length === 0 && <Notice kind="empty" title={t("noRuns")} />}
      <ul className="flex max-h-72 flex-col overflow-y-auto">
        {data?.map((run) => (
          <Run key={run.runId} run={run} chosen={chosen?.runId === run.runId} onRun={onRun} />
        ))}
      </ul>
    </section>
  );
}

function Run(props: { run: RunToCorrect; chosen: boolean; onRun: (run: RunToCorrect) => void }): ReactNode {
  const { run } = props;
  const t = useTranslations("corrections");
  const locale = useLocale();
  return (
    <li className="border-b border-hairline last:border-0">
      <label className="flex flex-wrap items-start gap-x-3 rounded px-2 py-1.5 has-checked:bg-band">
        <input
          type="radio"
          name="run"
          className="mt-1 size-4 flex-none"
          checked={props.chosen}
          onChange={() => props.onRun(run)}
        />
        <span className="min-w-0 flex-1 text-sm">
          <bdi className="font-semibold">{run.orderCode}</bdi> <bdi>{run.productName}</bdi>{" "}
          <bdi className="text-ink-2">{run.operation}</bdi>
          <span className="block text-ink-2">
            <PlantRange from={run.start} until={run.end} open={t("stillRuns")} day />
          </span>
        </span>
        <span className="basis-full ps-7 text-sm tabular-nums sm:basis-auto sm:ps-0 sm:text-end">
          {t("goodScrap", { good: formatNumber(locale, run.good), scrap: formatNumber(locale, run.scrap) })}
        </span>
      </label>
    </li>
  );
}
