"use client";

import { LogIn, Radio, UserRound, WifiOff } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useLinkState } from "#app/_live/live-provider.client.tsx";
import { AlarmMark } from "#app/_ui/alarm-mark.tsx";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { PlantClock, Running } from "#app/_ui/relative-time.client.tsx";
import { StateMark } from "#app/_ui/state-mark.tsx";
import type { AlarmCard } from "#server/execution/alarms/alarms.contract.ts";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import { needsTaking } from "./next-action.rules.ts";
import { useStationSession } from "./session.client.tsx";

/** On every view: which machine, what it does and since when, alarms, shift, plant time, connection, who. */
export function StationHeader(props: { machine: MachineView; alarms: readonly AlarmCard[] }): ReactNode {
  const { machine, alarms } = props;
  const t = useTranslations("floor");
  const words = useTranslations("state");
  const { state } = machine;
  const phase = useLinkState().phase;
  const { actor, ask } = useStationSession();
  const unknown = state.word === "no_data";
  const live = phase === "live" || phase === "connecting";
  return (
    <header className="flex min-h-mm-14 items-stretch border-b border-line bg-raised">
      <div
        className={`flex min-w-0 flex-1 items-center gap-x-mm-4 px-mm-5 ${unknown ? "hatched" : ""}`}
        aria-live="polite"
      >
        <h1 className="truncate font-semibold">
          <bdi>{machine.name}</bdi>
        </h1>
        <span
          className="flex items-center gap-mm-2 text-mm-5.2 font-semibold whitespace-nowrap"
          data-word={state.word}
        >
          <StateMark word={state.word} /> {words(state.word)}
        </span>
        <span className="whitespace-nowrap text-ink-2 max-sm:hidden">
          <span className="sr-only">{t("inState")} </span>
          <Running since={state.start} />
        </span>
        {state.fault !== null && state.fault !== "" && (
          <span className="truncate text-ink-2 max-md:hidden">
            <bdi>{state.fault}</bdi>
          </span>
        )}
        {alarms.length > 0 && (
          <span className="flex items-center gap-mm-1">
            {alarms.slice(0, 4).map((alarm) => (
              <AlarmMark
                key={alarm.id}
                priority={alarm.priority}
                beats={alarm.priority === 1 && needsTaking(alarm)}
                label={t("priority", { n: alarm.priority })}
              />
            ))}
            {alarms.length > 4 && <span className="k-label">+{alarms.length - 4}</span>}
          </span>
        )}
      </div>
      <div className="flex items-center gap-x-mm-5 px-mm-4">
        <span className="k-label max-lg:hidden">{machine.shift?.name ?? t("noShift")}</span>
        <span className="font-semibold whitespace-nowrap max-md:hidden">
          <PlantClock />
        </span>
        <span className="flex items-center" title={live ? t("live") : t("notLive")}>
          {live ? (
            <Radio className="k-glyph text-ink-2" aria-hidden="true" />
          ) : (
            <WifiOff className="k-glyph" aria-hidden="true" />
          )}
          <span className="sr-only">{live ? t("live") : t("notLive")}</span>
        </span>
      </div>
      {actor.stationId !== undefined && (
        <KioskButton
          // Another button for another person: a quick second touch means them, it is no bounce of the first.
          key={actor.personId ?? "nobody"}
          size="small"
          tone="quiet"
          className="!flex-row self-center"
          glyph={
            actor.kind === "person" ? (
              <UserRound className="k-glyph" aria-hidden="true" />
            ) : (
              <LogIn className="k-glyph" aria-hidden="true" />
            )
          }
          onPress={ask}
        >
          <span className="max-w-mm-40 truncate">
            {actor.kind === "person" ? (
              <bdi>{actor.name}</bdi>
            ) : (
              <span className="max-sm:sr-only">{t("signOn")}</span>
            )}
          </span>
        </KioskButton>
      )}
    </header>
  );
}
