"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { RunningJob } from "#server/execution/orders/orders.contract.ts";
import { JobCard } from "./job-card.client.tsx";
import { freePosition } from "./next-action.rules.ts";
import { useStationSession } from "./session.client.tsx";

/** What runs and what comes next, with the acts an operator has on them. */
export function JobView(props: { machine: MachineView }): ReactNode {
  const { machine } = props;
  const t = useTranslations("floor.job");
  return (
    <section aria-label={t("title")} className="mx-auto flex w-full max-w-mm-300 flex-col gap-mm-4">
      <JobCard machine={machine} />
      {machine.jobs.map((job) => (
        <Running key={job.runId ?? job.jobId} job={job} machine={machine} />
      ))}
      {machine.nextJob === null ? (
        <Notice kind="empty" title={t("noNext")} />
      ) : (
        <Next job={machine.nextJob} machine={machine} />
      )}
    </section>
  );
}

function Running(props: { job: RunningJob; machine: MachineView }): ReactNode {
  const { job, machine } = props;
  const machineId = machine.id;
  const t = useTranslations("floor.job");
  const words = useErrorWords();
  const { act } = useStationSession();
  const pause = useCommand<{ machineId: number }, unknown>(`/jobs/${job.jobId}/pause`);
  const finish = useCommand<{ machineId: number }, unknown>(`/jobs/${job.jobId}/finish`);
  const short = job.good < job.quantity;
  const wrong = [pause.state, finish.state].find((state) => state.phase === "wrong");
  return (
    <div className="k-card flex flex-col gap-mm-3">
      <p className="font-semibold">
        <bdi>{job.orderCode}</bdi> · <bdi>{job.operation}</bdi>
        {job.position !== null && machine.positions > 1 && (
          <span className="ms-mm-2 font-normal">
            {t("position", { position: machine.positionNames[job.position - 1] ?? String(job.position) })}
          </span>
        )}
      </p>
      <div className="flex flex-wrap gap-mm-4">
        <KioskButton
          size="secondary"
          busy={pause.busy}
          onPress={() => act("job.run", machineId, () => pause.run({ machineId }))}
        >
          {t("pause")}
        </KioskButton>
        <KioskButton
          size="secondary"
          tone={short ? "secondary" : "primary"}
          busy={finish.busy}
          onPress={() => act("job.run", machineId, () => finish.run({ machineId }))}
        >
          {short ? t("finishShort", { missing: job.quantity - job.good }) : t("finish")}
        </KioskButton>
      </div>
      {wrong?.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {words(wrong.error)}
        </p>
      )}
    </div>
  );
}

function Next(props: { job: RunningJob; machine: MachineView }): ReactNode {
  const { job, machine } = props;
  const t = useTranslations("floor.job");
  const words = useErrorWords();
  const { act } = useStationSession();
  const start = useCommand<{ machineId: number; position: number }, unknown>(`/jobs/${job.jobId}/start`);
  const position = freePosition(machine);
  return (
    <div className="k-card flex flex-col gap-mm-3">
      <p className="k-label">{t("nextTitle")}</p>
      <p>
        <bdi className="font-semibold">{job.orderCode}</bdi> <bdi>{job.productName}</bdi>
      </p>
      <div>
        <KioskButton
          tone={position === null ? "secondary" : "primary"}
          wide
          busy={start.busy}
          why={position === null ? t("occupied") : job.state === "waiting" ? t("notReady") : null}
          onPress={() =>
            act("job.run", machine.id, () => start.run({ machineId: machine.id, position: position ?? 1 }))
          }
        >
          {t("start")}
        </KioskButton>
      </div>
      {start.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {words(start.state.error)}
        </p>
      )}
    </div>
  );
}
