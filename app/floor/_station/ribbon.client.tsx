"use client";

import { useLocale, useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatClock, formatSpan } from "#app/_lib/format.ts";
import { useNow } from "#app/_live/now.client.ts";
import { type RibbonPart, StateRibbon } from "#app/_ui/state-ribbon.tsx";
import type { StateInterval } from "#server/execution/machine-state/machine-state.contract.ts";
import { ribbonMs } from "./ribbon-time.ts";

const hour = 3600_000;

/** Time without an interval is time about which nothing is known; it is drawn, not left out. */
export function withGaps(states: readonly StateInterval[], from: number, to: number): readonly RibbonPart[] {
  const parts: RibbonPart[] = [];
  let at = from;
  for (const state of states) {
    const start = Math.max(from, state.start);
    const end = Math.min(to, state.end ?? to);
    if (end <= start) continue;
    if (start > at) parts.push({ start: at, end: start, word: "no_data" });
    parts.push({ start, end, word: state.word });
    at = end;
  }
  if (at < to) parts.push({ start: at, end: to, word: "no_data" });
  return parts;
}

/** The last eight hours, with the hours of the plant's clock under it. */
export function Ribbon(props: { states: readonly StateInterval[] }): ReactNode {
  const t = useTranslations("floor.ribbon");
  const words = useTranslations("state");
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const to = useNow(10_000);
  const from = to - ribbonMs;
  const parts = withGaps(props.states, from, to);
  const spent = new Map<RibbonPart["word"], number>();
  for (const part of parts) spent.set(part.word, (spent.get(part.word) ?? 0) + part.end - part.start);
  const told = [...spent]
    .toSorted(([, a], [, b]) => b - a)
    .map(([word, ms]) => `${words(word)} ${formatSpan(locale, ms)}`)
    .join(", ");
  const first = Math.ceil(from / hour) * hour;
  const hours = Array.from({ length: 8 }, (_, i) => first + i * hour).filter(
    // A label at either end would stand outside its card.
    (at) => at > from + ribbonMs / 40 && at < to - ribbonMs / 40,
  );
  return (
    <section aria-label={t("title")} className="k-card flex flex-col justify-center gap-mm-2 lg:flex-1">
      <div className="flex justify-between gap-mm-4">
        <p className="k-label whitespace-nowrap">{t("title")}</p>
        <p className="k-label truncate max-xl:hidden">{told}</p>
      </div>
      <div className="lg:max-h-mm-18 lg:min-h-0 lg:flex-1 lg:[--ribbon-height:100%]">
        <StateRibbon parts={parts} from={from} to={to} label={told} id="ribbon-hatch" />
      </div>
      <div className="relative h-[1.2em] text-label text-ink-2 [direction:ltr]" aria-hidden="true">
        {hours.map((at) => (
          <span
            key={at}
            className="absolute -translate-x-1/2 whitespace-nowrap max-sm:[&:nth-child(even)]:hidden"
            style={{ left: `${String(((at - from) / ribbonMs) * 100)}%` }}
          >
            {formatClock(locale, timeZone, at)}
          </span>
        ))}
      </div>
    </section>
  );
}
