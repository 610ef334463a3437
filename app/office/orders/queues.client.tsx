"use client";

import { ArrowDown, ArrowUp } from "lucide-react";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import type { WaitingJob } from "#server/execution/orders/orders.contract.ts";
import { type MachineName, orderTopics } from "./order-topics.ts";

/** What each machine does next, as its station sees it; a job goes up or down by a button. */
export function Queues(props: {
  waiting: readonly WaitingJob[];
  machines: readonly MachineName[];
  scopes: readonly string[];
  whyNot: string | null;
}): ReactNode {
  const t = useTranslations("orders");
  const wrong = useErrorWords();
  const { data = props.waiting, reread } = useRecord<readonly WaitingJob[]>({
    path: "/jobs/waiting",
    initial: props.waiting,
    scopes: props.scopes,
    topics: orderTopics,
    everyMs: 30_000,
  });
  const command = useCommand<object, unknown>("/jobs");
  const place = async (job: WaitingJob, before: string | null) => {
    await command.run({ machineId: job.machineId, before }, `/jobs/${job.jobId}/place`);
    reread();
  };
  const queues = props.machines
    .map((machine) => ({ machine, jobs: data.filter((job) => job.machineId === machine.id) }))
    .filter(({ jobs }) => jobs.length > 0);
  return (
    <section className="d-panel flex flex-col gap-3 p-4" aria-labelledby="queues-title">
      <h2 id="queues-title" className="font-semibold">
        {t("queues")}
      </h2>
      <p className="text-sm text-ink-2">{t("queuesText")}</p>
      {command.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(command.state.error)}
        </p>
      )}
      {queues.length === 0 && <p className="text-ink-2">{t("noQueue")}</p>}
      {queues.map(({ machine, jobs }) => (
        <div key={machine.id}>
          <h3 className="text-sm font-semibold">
            <bdi>{machine.name}</bdi>
          </h3>
          <ol className="flex flex-col" data-queue={machine.code}>
            {jobs.map((job, i) => (
              <QueuedJob
                key={job.jobId}
                job={job}
                place={i + 1}
                last={i === jobs.length - 1}
                why={props.whyNot}
                busy={command.busy}
                onUp={() => void place(job, jobs[i - 1]?.jobId ?? null)}
                onDown={() => void place(job, jobs[i + 2]?.jobId ?? null)}
              />
            ))}
          </ol>
        </div>
      ))}
    </section>
  );
}

function QueuedJob(props: {
  job: WaitingJob;
  place: number;
  last: boolean;
  why: string | null;
  busy: boolean;
  onUp: () => void;
  onDown: () => void;
}): ReactNode {
  const { job, place, last } = props;
  const t = useTranslations("orders");
  const locale = useLocale();
  const order = job.orderCode;
  return (
    <li className="flex items-center gap-2 border-b border-hairline py-1 text-sm last:border-0">
      <span className="w-5 flex-none text-end text-ink-2 tabular-nums">{formatNumber(locale, place)}</span>
      <span className="min-w-0 flex-1 truncate">
        <Link className="d-link" href={`/office/orders/${job.orderId}`} prefetch={false}>
          <bdi>{order}</bdi>
        </Link>{" "}
        <bdi className="text-ink-2">{job.operation}</bdi>
        {job.state === "paused" && <span className="d-chip ms-1">{t("jobIs.paused")}</span>}
      </span>
      <Button
        size="small"
        tone="quiet"
        label={t("up", { order })}
        why={place === 1 ? t("isFirst") : props.why}
        busy={props.busy}
        onPress={props.onUp}
      >
        <ArrowUp className="size-4" aria-hidden="true" />
      </Button>
      <Button
        size="small"
        tone="quiet"
        label={t("down", { order })}
        why={last ? t("isLast") : props.why}
        busy={props.busy}
        onPress={props.onDown}
      >
        <ArrowDown className="size-4" aria-hidden="true" />
      </Button>
    </li>
  );
}
