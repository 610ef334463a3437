"use client";

import { ChevronRight } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useSentence } from "#app/_lib/sentence.client.ts";
import { AlarmMark } from "#app/_ui/alarm-mark.tsx";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import { useLinkState } from "#app/_live/live-provider.client.tsx";
import type { AlarmCard as Card } from "#server/execution/alarms/alarms.contract.ts";
import { AlarmCard } from "./alarm-card.client.tsx";
import { needsTaking } from "./next-action.rules.ts";
import type { StationPlace } from "./use-view.client.ts";

/** Every open alarm of this machine, most urgent first: a list, never a stack of windows. */
export function AlarmsView(props: {
  alarms: readonly Card[];
  place: StationPlace;
  failed: boolean;
}): ReactNode {
  const { alarms, place, failed } = props;
  const t = useTranslations("floor.alarm");
  const sentence = useSentence();
  const away = useLinkState().phase === "away";
  return (
    <section aria-label={t("list")} className="mx-auto flex w-full max-w-mm-300 flex-col gap-mm-4">
      {(away || failed) && <Notice kind="offline" title={t("unknown")} />}
      {alarms.length === 0 && !away && !failed && (
        <Notice kind="clear" title={t("none")} filling>
          {t("noneText")}
        </Notice>
      )}
      <ul className="flex flex-col gap-mm-4">
        {alarms.map((alarm) => (
          <li key={alarm.id}>
            <button
              type="button"
              onClick={() => place.go("alarm", alarm.id)}
              className="k-card flex min-h-mm-20 w-full items-center gap-mm-4 text-start"
            >
              <span className="text-mm-6">
                <AlarmMark
                  priority={alarm.priority}
                  beats={alarm.priority === 1 && needsTaking(alarm)}
                  label={t("priority", { n: alarm.priority })}
                />
              </span>
              <span className="min-w-0 flex-1">
                <span className="block font-semibold">{sentence(alarm.title)}</span>
                <span className="block text-label text-ink-2">
                  {alarm.taken === null ? t("notTaken") : t("takenBy", { name: alarm.taken.name })} ·{" "}
                  <Ago at={alarm.since} />
                  {!alarm.active && ` · ${t("over")}`}
                </span>
              </span>
              <ChevronRight className="k-glyph text-ink-2 rtl:-scale-x-100" aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** One alarm over the whole place under the header; the machine is one tap away. */
export function AlarmView(props: {
  card: Card | undefined;
  machineId: number;
  place: StationPlace;
  more: number;
}): ReactNode {
  const { card, machineId, place, more } = props;
  const t = useTranslations("floor.alarm");
  if (card === undefined)
    return (
      <Notice
        kind="clear"
        title={t("gone")}
        filling
        action={<KioskButton onPress={() => place.go("home")}>{t("toMachine")}</KioskButton>}
      />
    );
  return (
    <section className="mx-auto flex w-full max-w-mm-300 flex-col gap-mm-4">
      <AlarmCard card={card} machineId={machineId} place={place} whole />
      <div className="flex flex-wrap gap-mm-4">
        <KioskButton size="secondary" onPress={() => place.go("home")}>
          {t("toMachine")}
        </KioskButton>
        {more > 0 && (
          <KioskButton size="secondary" onPress={() => place.go("alarms")}>
            {t("more", { n: more })}
          </KioskButton>
        )}
      </div>
    </section>
  );
}
