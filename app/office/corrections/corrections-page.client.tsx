"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useRecord } from "#app/_live/record.client.ts";
import { Notice } from "#app/_ui/notice.tsx";
import type {
  Correction,
  CorrectionView,
  RunToCorrect,
} from "#server/enterprise/corrections/corrections.contract.ts";
import { CorrectionForm } from "./correction-form.client.tsx";
import { CorrectionRecord } from "./correction-record.client.tsx";
import { PreviewPanel } from "./preview-panel.client.tsx";
import { RunChoice } from "./run-choice.client.tsx";

export interface MachineName {
  readonly id: number;
  readonly code: string;
  readonly name: string;
}

/** Say what was recorded wrongly, see what that restates, give the reason, save. Nothing is overwritten. */
export function CorrectionsPage(props: {
  initial: readonly CorrectionView[];
  machines: readonly MachineName[];
  machineId: number | null;
  /** From the address: the job that is meant. */
  jobId: string | null;
  now: number;
  scopes: readonly string[];
  whyNot: string | null;
}): ReactNode {
  const t = useTranslations("corrections");
  const [machineId, setMachineId] = useState(props.machineId);
  const [run, setRun] = useState<RunToCorrect | null>(null);
  const [asked, setAsked] = useState<Correction | null>(null);
  const about = { scopes: props.scopes, topics: ["correction.", "oee.", "job."] };
  const saved = useRecord<readonly CorrectionView[]>({
    path: "/corrections",
    initial: props.initial,
    ...about,
  });
  const machine = props.machines.find((one) => one.id === machineId);
  const done = () => {
    setAsked(null);
    setRun(null);
    saved.reread();
  };
  return (
    <>
      <h1 className="text-lg font-semibold">{t("title")}</h1>
      {saved.error !== null && <Notice kind="error" title={t("unread")} />}
      {props.whyNot !== null && <Notice kind="empty" title={props.whyNot} />}
      {machine === undefined ? (
        <Notice kind="empty" title={t("noMachine")} filling />
      ) : (
        props.whyNot === null && (
          <div className="grid items-start gap-4 xl:grid-cols-2">
            <div className="flex min-w-0 flex-col gap-4">
              <RunChoice
                machines={props.machines}
                machine={machine}
                jobId={props.jobId}
                now={props.now}
                scopes={props.scopes}
                chosen={run}
                onMachine={(id) => {
                  setMachineId(id);
                  setRun(null);
                  setAsked(null);
                }}
                onRun={(one) => {
                  setRun(one);
                  setAsked(null);
                }}
              />
              <CorrectionForm
                key={`${String(machine.id)} ${run?.runId ?? ""}`}
                machine={machine}
                machines={props.machines}
                run={run}
                now={props.now}
                onAsk={setAsked}
              />
            </div>
            <PreviewPanel
              key={JSON.stringify(asked)}
              correction={asked}
              onDone={done}
              onDrop={() => setAsked(null)}
            />
          </div>
        )
      )}
      <CorrectionRecord
        saved={saved.data ?? props.initial}
        whyNot={props.whyNot}
        onUndo={(one) => {
          setAsked({ kind: "undo", machineId: one.machineId, correctionId: one.id });
          scrollTo({ top: 0 });
        }}
      />
    </>
  );
}
