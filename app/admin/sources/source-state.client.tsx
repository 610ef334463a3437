"use client";

import { CircleCheck, CircleDashed, CirclePause, CircleX, Clock, Unplug } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { SourceState } from "#server/execution/sources/sources.contract.ts";

const marks = {
  live: CircleCheck,
  silent: Clock,
  not_connected: CircleX,
  waiting: CircleDashed,
  edge_away: Unplug,
  off: CirclePause,
} as const satisfies Record<SourceState, unknown>;

/** How a source is, as shape and word; strong where somebody should look. */
export function SourceMark(props: { state: SourceState }): ReactNode {
  const t = useTranslations("admin.sources.state");
  const Mark = marks[props.state];
  const wrong = props.state === "not_connected" || props.state === "edge_away" || props.state === "silent";
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" data-source-state={props.state}>
      <Mark className="size-4 flex-none" aria-hidden="true" />
      <span className={wrong ? "font-semibold" : ""}>{t(props.state)}</span>
    </span>
  );
}
