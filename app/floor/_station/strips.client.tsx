"use client";

import { RefreshCw, Volume2, WifiOff } from "lucide-react";
import { useLocale, useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatClock, formatSpan, formatZone } from "#app/_lib/format.ts";
import { useLinkState } from "#app/_live/live-provider.client.tsx";
import { useNow } from "#app/_live/now.client.ts";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";

/** A connection that is away for less than this is not worth a word, ms. */
const graceMs = 4000;

/** Says on every view that values are not live, since when, and what that means for alarms. */
export function LinkStrip(): ReactNode {
  const t = useTranslations("app.link");
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const { phase, since, outdated } = useLinkState();
  const now = useNow(1000);
  if (phase === "refused")
    return (
      <Strip
        glyph={<WifiOff className="k-glyph" aria-hidden="true" />}
        title={t("refused")}
        text={t("refusedText")}
      >
        <KioskButton size="small" onPress={() => location.reload()}>
          {t("renew")}
        </KioskButton>
      </Strip>
    );
  const gone = phase === "away" || (phase === "connecting" && since > 0);
  if (gone && now - since >= graceMs) {
    const time = `${formatClock(locale, timeZone, since, true)} ${formatZone(locale, timeZone, since)}`;
    return (
      <Strip
        glyph={<WifiOff className="k-glyph" aria-hidden="true" />}
        title={t("away", { time })}
        text={t("awayText")}
      />
    );
  }
  if (outdated)
    return (
      <Strip glyph={<RefreshCw className="k-glyph" aria-hidden="true" />} title={t("outdated")}>
        <KioskButton size="small" onPress={() => location.reload()}>
          {t("renew")}
        </KioskButton>
      </Strip>
    );
  return null;
}

export function SoundStrip(props: { suspended: boolean; onWake: () => void }): ReactNode {
  const t = useTranslations("app.sound");
  if (!props.suspended) return null;
  return (
    <button
      type="button"
      onClick={props.onWake}
      className="flex min-h-mm-12 w-full items-center justify-center gap-mm-3 border-b border-line bg-canvas px-mm-5 font-semibold"
    >
      <Volume2 className="k-glyph" aria-hidden="true" />
      {t("off")}
    </button>
  );
}

/** Whoever signed on is signed off soon; any touch keeps them. */
export function StepDownStrip(props: { left: number | null; name: string }): ReactNode {
  const t = useTranslations("floor");
  const locale = useLocale();
  if (props.left === null) return null;
  return (
    <Strip
      title={t("stepDown", { name: props.name, span: formatSpan(locale, props.left) })}
      text={t("stepDownText")}
    />
  );
}

export function Strip(props: {
  glyph?: ReactNode;
  title: string;
  text?: string;
  children?: ReactNode;
}): ReactNode {
  return (
    <div
      role="status"
      className="flex min-h-mm-12 items-center gap-mm-3 border-b-2 border-ink bg-raised px-mm-5 py-mm-1 font-semibold"
    >
      {props.glyph}
      <p className="min-w-0 flex-1">
        {props.title}{" "}
        {props.text !== undefined && <span className="font-normal text-ink-2">{props.text}</span>}
      </p>
      {props.children}
    </div>
  );
}
