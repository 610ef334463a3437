"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatNumber, formatSigned, formatSpan } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { Running } from "#app/_ui/relative-time.client.tsx";
import { StateMark } from "#app/_ui/state-mark.tsx";
import type { AlarmCard } from "#server/execution/alarms/alarms.contract.ts";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import { MachineAlarms } from "./machine-alarms.client.tsx";
import { MachineStops } from "./machine-stops.client.tsx";
import { MachineTrend } from "./machine-trend.client.tsx";
import { MachineValues } from "./machine-values.client.tsx";

/** Why this person may not turn automation on, or off; null = they may. */
interface WhyNotAutomation {
  readonly on: string | null;
  readonly off: string | null;
}

/** One machine for a supervisor: state and job, what needs somebody, every value, the trend with its context. */
export function MachinePage(props: {
  initial: MachineView;
  alarms: readonly AlarmCard[];
  whyNotAutomation: WhyNotAutomation;
  /** Why this person may not give a stop its reason; null = they may. */
  whyNotExplain: string | null;
  /** From the address: which tag the trend shows, and how long. */
  tagId: number | null;
  minutes: number;
}): ReactNode {
  const t = useTranslations("office.machine");
  const { data = props.initial, error } = useRecord<MachineView>({
    path: `/machines/${props.initial.code}`,
    initial: props.initial,
    scopes: [`machine:${String(props.initial.id)}`],
    topics: ["machine.", "stop.", "job.", "count", "shift.", "lot.", "automation"],
    everyMs: 10_000,
  });
  const analogue = data.tags.filter(
    (tag) => tag.datatype === "number" && (tag.meaning === "measurement" || tag.meaning === "material"),
  );
  const [tagId, setTagId] = useState(props.tagId ?? analogue[0]?.id ?? null);
  return (
    <>
      <Head machine={data} whyNot={props.whyNotAutomation} />
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-4">
          {tagId === null ? (
            <Notice kind="empty" title={t("noTags")} filling />
          ) : (
            <MachineTrend machine={data} tagId={tagId} minutes={props.minutes} />
          )}
          <MachineValues tags={data.tags} chosen={tagId} onChoose={setTagId} />
        </div>
        <div className="flex flex-col gap-4">
          <MachineAlarms machine={data} initial={props.alarms} />
          <Jobs machine={data} />
          <MachineStops machine={data} whyNotExplain={props.whyNotExplain} />
        </div>
      </div>
    </>
  );
}

function Head(props: { machine: MachineView; whyNot: WhyNotAutomation }): ReactNode {
  const { machine } = props;
  const t = useTranslations("office.machine");
  const words = useTranslations("state");
  const app = useTranslations("app");
  const locale = useLocale();
  const { state, pace, shift } = machine;
  return (
    <header
      className={`d-panel flex flex-wrap items-center gap-x-8 gap-y-3 p-4 ${state.word === "no_data" ? "hatched" : ""}`}
    >
      <div>
        <p className="text-sm text-ink-2">
          <bdi>{machine.lineName}</bdi> · <bdi>{shift?.name ?? t("noShift")}</bdi>
        </p>
        <h1 className="flex items-center gap-3 text-2xl font-semibold">
          <StateMark word={state.word} /> <bdi>{machine.name}</bdi>
        </h1>
        <p data-word={state.word}>
          {words(state.word)} <Running since={state.start} />
          {state.fault !== null && <bdi className="ms-2 font-semibold">{state.fault}</bdi>}
          {machine.manual && <span className="d-chip ms-2">{app("manual")}</span>}
        </p>
      </div>
      <Figure name={t("good")}>{formatNumber(locale, pace.good)}</Figure>
      <Figure name={t("scrap")}>{formatNumber(locale, pace.scrap)}</Figure>
      <Figure name={t("target")}>
        {pace.targetNow === null ? "–" : formatNumber(locale, Math.round(pace.targetNow))}
      </Figure>
      <Figure name={t("gap")}>{pace.gap === null ? "–" : formatSigned(locale, Math.round(pace.gap))}</Figure>
      <Figure name={t("lost")}>{pace.lostMs === null ? "–" : formatSpan(locale, pace.lostMs)}</Figure>
      <Automation machine={machine} whyNot={props.whyNot} />
    </header>
  );
}

function Figure(props: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <p className="text-sm text-ink-2">{props.name}</p>
      <p className="text-xl font-semibold">{props.children}</p>
    </div>
  );
}

/** One touch turns automation off; turning it on again, also of one set-point, is a supervisor's act. */
function Automation(props: { machine: MachineView; whyNot: WhyNotAutomation }): ReactNode {
  const { machine } = props;
  const t = useTranslations("office.machine");
  const wrong = useErrorWords();
  const command = useCommand<object, unknown>(`/machines/${machine.code}/automation`);
  return (
    <div className="ms-auto flex flex-col items-end gap-1">
      <p className="text-sm text-ink-2">
        {machine.guardOpen === true && (
          <span className="d-chip me-2" data-strong="true">
            {t("guardOpen")}
          </span>
        )}
        {machine.remote === false && (
          <span className="d-chip me-2" data-strong="true">
            {t("local")}
          </span>
        )}
        {machine.maintenanceLock !== null && (
          <span className="d-chip me-2" data-strong="true">
            {t("locked", { name: machine.maintenanceLock.name })}
          </span>
        )}
        {t(machine.automationOff ? "automationOff" : "automationOn")}
      </p>
      <Button
        size="small"
        why={machine.automationOff ? props.whyNot.on : props.whyNot.off}
        busy={command.busy}
        onPress={() => void command.run({ on: machine.automationOff })}
      >
        {t(machine.automationOff ? "turnOn" : "turnOff")}
      </Button>
      {machine.suspended.map(({ tagId, name, since }) => (
        <p key={tagId} className="flex items-center gap-2 text-sm">
          <span>
            {t("suspended", { name })} <Running since={since} />
          </span>
          <Button
            size="small"
            why={props.whyNot.on}
            busy={command.busy}
            onPress={() => void command.run({ on: true, tagId })}
          >
            {t("resume")}
          </Button>
        </p>
      ))}
      {command.state.phase === "wrong" && <p role="alert">{wrong(command.state.error)}</p>}
    </div>
  );
}

function Jobs(props: { machine: MachineView }): ReactNode {
  const t = useTranslations("office.machine");
  const locale = useLocale();
  const { jobs, nextJob } = props.machine;
  return (
    <section className="d-panel p-4">
      <div className="flex items-start justify-between gap-3">
        <h2 className="pb-2 font-semibold">{t("jobs")}</h2>
        <Link
          className="d-link text-sm"
          href={`/office/corrections?machine=${props.machine.code}`}
          prefetch={false}
        >
          {t("correct")}
        </Link>
      </div>
      {jobs.length === 0 && <p className="text-ink-2">{t("noJob")}</p>}
      <ul className="flex flex-col gap-3">
        {jobs.map((job) => (
          <li key={job.jobId}>
            <p className="font-semibold">
              <bdi>{job.orderCode}</bdi> · <bdi>{job.productName}</bdi>
              {job.position !== null && props.machine.positions > 1 && (
                <span className="ms-2 text-sm font-normal text-ink-2">
                  {t("position", {
                    position: props.machine.positionNames[job.position - 1] ?? String(job.position),
                  })}
                </span>
              )}
            </p>
            <p className="text-sm text-ink-2">
              {t("made", {
                good: formatNumber(locale, job.good),
                quantity: formatNumber(locale, job.quantity),
                scrap: formatNumber(locale, job.scrap),
              })}
            </p>
            {job.hold !== null && (
              <p role="alert" className="font-semibold">
                {t("onHold", { reason: job.hold.reason })}
              </p>
            )}
            {job.lots.length > 0 && (
              <p className="text-sm text-ink-2">
                {t("lots")} <bdi>{job.lots.map((lot) => lot.code).join(", ")}</bdi>
              </p>
            )}
          </li>
        ))}
      </ul>
      {nextJob !== null && (
        <p className="mt-3 border-t border-hairline pt-2 text-sm text-ink-2">
          {t("next")} <bdi>{nextJob.orderCode}</bdi> · <bdi>{nextJob.productName}</bdi>
        </p>
      )}
    </section>
  );
}
