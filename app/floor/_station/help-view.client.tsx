"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { chooseLanguage } from "#app/_lib/choose.client.ts";
import { languageNames, languages } from "#app/_lib/i18n/languages.ts";
import { play } from "#app/_live/alarm-sound.client.ts";
import { AlarmMark } from "#app/_ui/alarm-mark.tsx";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { StateMark, type StateWord } from "#app/_ui/state-mark.tsx";
import { useStationSession } from "./session.client.tsx";

const words: readonly StateWord[] = [
  "running",
  "setup",
  "idle",
  "starved",
  "blocked",
  "stopped",
  "fault",
  "no_data",
];
const priorities = [1, 2, 3] as const;

/** What the marks mean, the language, the sound, and where this station stands: always in the same corner. */
export function HelpView(props: { language: string }): ReactNode {
  const t = useTranslations("floor.help");
  const states = useTranslations("state");
  const app = useTranslations("app");
  const { stationName } = useStationSession();
  return (
    <section aria-label={t("title")} className="mx-auto grid w-full max-w-mm-360 gap-mm-4 lg:grid-cols-2">
      <div className="k-card flex flex-col gap-mm-3">
        <h2 className="font-semibold">{t("how")}</h2>
        <ol className="flex list-decimal flex-col gap-mm-2 ps-[1.4em]">
          {(["look", "badge", "next", "hold", "ask"] as const).map((key) => (
            <li key={key}>{t(`steps.${key}`)}</li>
          ))}
        </ol>
        <p className="text-ink-2">{t("emergency")}</p>
      </div>
      <div className="k-card flex flex-col gap-mm-3">
        <h2 className="font-semibold">{t("marks")}</h2>
        <ul className="grid grid-cols-2 gap-x-mm-6 gap-y-mm-2">
          {words.map((word) => (
            <li key={word} className="flex items-center gap-mm-2">
              <StateMark word={word} /> {states(word)}
            </li>
          ))}
          {priorities.map((priority) => (
            <li key={priority} className="flex items-center gap-mm-2">
              <AlarmMark priority={priority} /> {t(`priority.${priority}`)}
            </li>
          ))}
          <li className="flex items-center gap-mm-2">
            <span className="hatched inline-block size-[1.2em] border border-line" /> {t("hatched")}
          </li>
        </ul>
      </div>
      <div className="k-card flex flex-col gap-mm-3">
        <h2 className="font-semibold">{app("language")}</h2>
        <div className="flex flex-wrap gap-mm-4">
          {languages.map((language) => (
            <KioskButton
              key={language}
              size="secondary"
              pressed={language === props.language}
              onPress={() => chooseLanguage(language)}
            >
              <span lang={language}>{languageNames[language]}</span>
            </KioskButton>
          ))}
        </div>
      </div>
      <div className="k-card flex flex-col gap-mm-3">
        <h2 className="font-semibold">{t("sound")}</h2>
        <div className="flex flex-wrap gap-mm-4">
          {priorities.map((priority) => (
            <KioskButton
              key={priority}
              size="secondary"
              glyph={<AlarmMark priority={priority} />}
              onPress={() => play(priority)}
            >
              {t("play")}
            </KioskButton>
          ))}
        </div>
        {stationName !== null && (
          <p className="text-ink-2">
            {t("station")} <bdi>{stationName}</bdi>
          </p>
        )}
      </div>
    </section>
  );
}
