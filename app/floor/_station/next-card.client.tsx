"use client";

import { CircleCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, Suspense } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { Running } from "#app/_ui/relative-time.client.tsx";
import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";
import type { MachineView, StopView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { RunningJob } from "#server/execution/orders/orders.contract.ts";
import { freePosition, type NextAction } from "./next-action.rules.ts";
import { useStationSession } from "./session.client.tsx";
import type { StationPlace } from "./use-view.client.ts";
import { AlarmCard } from "./views.client.ts";

/** The one thing to do now. When there is nothing, it says so: that is a state, not an empty place. */
export function NextCard(props: { next: NextAction; machine: MachineView; place: StationPlace }): ReactNode {
  const { next, machine, place } = props;
  switch (next.kind) {
    case "take":
    case "follow":
    case "continue":
      return (
        <Suspense fallback={<div className="k-card min-h-mm-40 flex-none" data-strong={true} />}>
          <AlarmCard card={next.alarm} machineId={machine.id} place={place} />
        </Suspense>
      );
    case "confirm":
      return <Confirm adjustment={next.adjustment} />;
    case "explain":
      return <Explain stop={next.stop} place={place} />;
    case "start":
      return <Start job={next.job} machine={machine} place={place} />;
    case "nothing":
      return <Nothing word={machine.state.word} />;
    default:
      return null;
  }
}

function Frame(props: { title: string; children: ReactNode }): ReactNode {
  const t = useTranslations("floor.next");
  return (
    <section
      aria-label={t("title")}
      className="k-card flex flex-none flex-col justify-between gap-mm-3"
      data-strong={true}
    >
      <div>
        <p className="k-label">{t("title")}</p>
        <h2 className="text-mm-4.6 font-semibold leading-tight">{props.title}</h2>
      </div>
      {props.children}
    </section>
  );
}

function Explain(props: { stop: StopView; place: StationPlace }): ReactNode {
  const t = useTranslations("floor.next");
  const words = useTranslations("state");
  const { stop, place } = props;
  return (
    <Frame title={stop.end === null ? t("explainOpen") : t("explain")}>
      <p className="text-ink-2">
        {words(stop.word)} {stop.fault !== null && <bdi>{stop.fault}</bdi>}{" "}
        {stop.end === null && <Running since={stop.start} />}
      </p>
      <KioskButton tone="primary" wide onPress={() => place.go("stops", stop.id)}>
        {t("addReason")}
      </KioskButton>
    </Frame>
  );
}

function Start(props: { job: RunningJob; machine: MachineView; place: StationPlace }): ReactNode {
  const { job, machine, place } = props;
  const at = { machineId: machine.id, position: freePosition(machine) ?? 1 };
  const t = useTranslations("floor.next");
  const error = useErrorWords();
  const { act } = useStationSession();
  const start = useCommand<object, unknown>(`/jobs/${job.jobId}/start`);
  return (
    <Frame title={t("start")}>
      <p>
        <bdi className="font-semibold">{job.orderCode}</bdi> <bdi>{job.productName}</bdi>
      </p>
      <div className="flex flex-wrap gap-mm-4">
        <KioskButton
          tone="primary"
          wide
          className="flex-1"
          busy={start.busy}
          onPress={() => act("job.run", machine.id, () => start.run(at))}
        >
          {t("startJob", { order: job.orderCode })}
        </KioskButton>
        <KioskButton size="secondary" tone="quiet" className="self-center" onPress={() => place.go("job")}>
          {t("details")}
        </KioskButton>
      </div>
      {start.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {error(start.state.error)}
        </p>
      )}
    </Frame>
  );
}

/** The announcement above has the button, in every view; here stands what is waited for. */
function Confirm(props: { adjustment: AdjustmentSummary }): ReactNode {
  const t = useTranslations("floor.next");
  return (
    <Frame title={t("confirm")}>
      <p>{t("confirmText", { name: props.adjustment.target.name })}</p>
    </Frame>
  );
}

function Nothing(props: { word: MachineView["state"]["word"] }): ReactNode {
  const t = useTranslations("floor.next");
  const unknown = props.word === "no_data";
  return (
    <section
      aria-label={t("title")}
      className={`k-card flex items-center gap-mm-4 ${unknown ? "hatched" : ""}`}
      data-next="nothing"
    >
      <CircleCheck className="k-glyph flex-none text-ink-2" aria-hidden="true" />
      <div>
        <h2 className="text-mm-4.6 font-semibold">{unknown ? t("noData") : t("nothing")}</h2>
        <p className="text-ink-2">{unknown ? t("noDataText") : t("nothingText")}</p>
      </div>
    </section>
  );
}
