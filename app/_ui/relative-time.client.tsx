"use client";

import { useLocale, useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import {
  formatClock,
  formatDayTime,
  formatRange,
  formatRunning,
  formatSpan,
  formatZone,
} from "#app/_lib/format.ts";
import { useNow } from "#app/_live/now.client.ts";

const hour = 3600_000;

/** How long ago, in words, under an hour; the plant's clock time before that. The exact time is its title. */
export function Ago(props: { at: number }): ReactNode {
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const t = useTranslations("app.time");
  const ms = useNow(props.at === 0 ? hour : 1000) - props.at;
  const exact = `${formatDayTime(locale, timeZone, props.at, true)} ${formatZone(locale, timeZone, props.at)}`;
  const text =
    ms < hour ? t("ago", { span: formatSpan(locale, ms) }) : formatDayTime(locale, timeZone, props.at);
  return (
    <time dateTime={new Date(props.at).toISOString()} title={exact}>
      {text}
    </time>
  );
}

/** A time that runs: how long a state lasts, how long an alarm stands. */
export function Running(props: { since: number }): ReactNode {
  const ms = useNow(1000) - props.since;
  return <span className="tabular-nums">{formatRunning(ms)}</span>;
}

/** Time left until an instant; `00:00` when it is over. */
export function Countdown(props: { until: number }): ReactNode {
  const ms = props.until - useNow(1000);
  return <span className="tabular-nums">{formatRunning(Math.max(0, ms))}</span>;
}

/** A moment on the plant's clock, zone always shown: `14:02 CET`. */
export function PlantTime(props: { at: number; day?: boolean; seconds?: boolean }): ReactNode {
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const { at, day = false, seconds = false } = props;
  const text = day
    ? formatDayTime(locale, timeZone, at, seconds)
    : formatClock(locale, timeZone, at, seconds);
  return (
    // Isolated: "14:02 CET" reads the same in a line from right to left.
    <time dir="auto" dateTime={new Date(at).toISOString()}>
      {text} <span className="text-[0.8em] text-ink-2">{formatZone(locale, timeZone, at)}</span>
    </time>
  );
}

/** From one moment to another on the plant's clock, the zone said once; an end that is not there has its word. */
export function PlantRange(props: {
  from: number | null;
  until: number | null;
  open?: string;
  day?: boolean;
  seconds?: boolean;
}): ReactNode {
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const { from, until, open = "…", day = false, seconds = false } = props;
  const say = (at: number) => (day ? formatDayTime : formatClock)(locale, timeZone, at, seconds);
  const zoned = (at: number) => `${say(at)} ${formatZone(locale, timeZone, at)}`;
  const end = until === null ? open : zoned(until);
  return <span className="tabular-nums">{formatRange(from === null ? "…" : say(from), end)}</span>;
}

/** The clock of the plant, running. */
export function PlantClock(): ReactNode {
  return <PlantTime at={useNow(1000)} />;
}
