"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, Suspense, useEffect, useRef } from "react";
import { useAlarmSound } from "#app/_live/alarm-sound.client.ts";
import { useLinkState } from "#app/_live/live-provider.client.tsx";
import { useNow } from "#app/_live/now.client.ts";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { Actor } from "#server/core/actor.contract.ts";
import { BottomBar } from "./bottom-bar.client.tsx";
import { changesOnStation } from "./change.rules.ts";
import { Counts } from "./counts.client.tsx";
import { StationHeader } from "./header.client.tsx";
import { JobCard } from "./job-card.client.tsx";
import { NextCard } from "./next-card.client.tsx";
import { needsTaking, nextAction, stopsWithoutReason } from "./next-action.rules.ts";
import { Ribbon } from "./ribbon.client.tsx";
import { StationSessionProvider, useStationSession, useStepDown } from "./session.client.tsx";
import { LinkStrip, SoundStrip, StepDownStrip, Strip } from "./strips.client.tsx";
import { type StationData, type StationInitial, useStation } from "./use-station.client.ts";
import { type StationPlace, useStationPlace } from "./use-view.client.ts";
import { Values } from "./values.client.tsx";
import {
  AlarmsView,
  AlarmView,
  Changes,
  HelpView,
  InstructionView,
  JobView,
  ManualCard,
  SignOnSheet,
  StopsView,
  usePartsFetched,
} from "./views.client.ts";

export interface StationProps {
  readonly initial: StationInitial;
  readonly actor: Actor;
  readonly stationName: string | null;
  readonly language: string;
  readonly demo: boolean;
}

/** The station of one machine: header and bar stay, the view between them changes. */
export function Station(props: StationProps): ReactNode {
  return (
    <StationSessionProvider actor={props.actor} stationName={props.stationName} language={props.language}>
      <Frame {...props} />
    </StationSessionProvider>
  );
}

function Frame(props: StationProps): ReactNode {
  const t = useTranslations("app");
  const data = useStation(props.initial);
  const place = useStationPlace();
  const { actor, asking, busy } = useStationSession();
  const untaken = data.alarms.filter(needsTaking);
  const hasChanges = changesOnStation(data.adjustments, useNow(10_000), []).length > 0;
  const sound = useAlarmSound(untaken[0]?.priority ?? null);
  const left = useStepDown(busy || asking);
  usePartsFetched();
  useOpenedByAlarm(untaken[0]?.priority === 1 ? untaken[0].id : null, place);
  return (
    <>
      <StationHeader machine={data.machine} alarms={data.alarms} />
      <LinkStrip />
      <SoundStrip suspended={sound.suspended && untaken.length > 0} onWake={sound.wake} />
      <StepDownStrip left={left} name={actor.name} />
      {props.demo && place.view === "help" && <Strip title={t("demo")} />}
      <div className="relative flex min-h-0 flex-1 flex-col">
        <main className="flex min-h-0 flex-1 flex-col gap-mm-4 overflow-y-auto p-mm-4">
          {hasChanges && (
            <Suspense>
              <Changes adjustments={data.adjustments} home={place.view === "home"} />
            </Suspense>
          )}
          <Suspense fallback={<p aria-busy="true">{t("loading")}</p>}>
            <View data={data} place={place} language={props.language} />
          </Suspense>
        </main>
        {asking && (
          <Suspense>
            <SignOnSheet />
          </Suspense>
        )}
      </div>
      <BottomBar place={place} alarms={data.alarms.length} stops={stopsWithoutReason(data.machine).length} />
    </>
  );
}

/** An alarm of the first priority shows itself, once; whoever goes back to the machine is not brought here again. */
function useOpenedByAlarm(id: string | null, place: StationPlace): void {
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (id === null || shown.current === id) return;
    shown.current = id;
    if (place.view === "home") place.go("alarm", id);
  }, [id, place]);
}

function View(props: { data: StationData; place: StationPlace; language: string }): ReactNode {
  const { data, place, language } = props;
  const { machine, alarms } = data;
  switch (place.view) {
    case "alarms":
      return <AlarmsView alarms={alarms} place={place} failed={data.failed} />;
    case "alarm":
      return (
        <AlarmView
          card={alarms.find((alarm) => alarm.id === place.id)}
          machineId={machine.id}
          place={place}
          more={alarms.filter((alarm) => alarm.id !== place.id).length}
        />
      );
    case "run":
      return place.id === null ? null : (
        <InstructionView runId={place.id} machineId={machine.id} staleMs={machine.staleMs} place={place} />
      );
    case "stops":
      return <StopsView machine={machine} place={place} />;
    case "job":
      return <JobView machine={machine} />;
    case "help":
      return <HelpView language={language} />;
    case "home":
      return <Home data={data} place={place} />;
    default:
      return null;
  }
}

/** Everything at a glance: what to do, whether the shift is won, how the process runs, what the machine did. */
function Home(props: { data: StationData; place: StationPlace }): ReactNode {
  const { data, place } = props;
  const { machine, alarms, adjustments, states } = data;
  const t = useTranslations("app.error");
  const away = useLinkState().phase === "away";
  const next = nextAction(machine, alarms, adjustments);
  return (
    <>
      {data.failed && !away && (
        <p role="status" className="hatched k-card flex gap-mm-3 !py-mm-2 font-semibold">
          {t("readFailed")} <Ago at={data.readAt} />
        </p>
      )}
      <div className="grid min-h-0 flex-1 grid-cols-1 content-start gap-mm-4 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)] lg:content-stretch">
        <div className="flex min-h-0 flex-col gap-mm-4 max-lg:contents">
          <Counts machine={machine} />
          <Ribbon states={states} />
          <JobCard machine={machine} />
        </div>
        <div className="flex min-h-0 flex-col gap-mm-4 max-lg:contents [&>:first-child]:max-lg:order-first">
          <NextCard next={next} machine={machine} place={place} />
          {machine.manual ? (
            <Suspense>
              <ManualCard machine={machine} />
            </Suspense>
          ) : (
            <Values machine={machine} />
          )}
        </div>
      </div>
    </>
  );
}
