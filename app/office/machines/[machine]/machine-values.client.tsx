"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useRawSample, useSample } from "#app/_live/samples.client.ts";
import { AnalogueBar } from "#app/_ui/analogue-bar.tsx";
import { LiveValue, ValueAge } from "#app/_ui/live-value.client.tsx";
import type { MachineTag } from "#server/execution/machine-state/machine-state.contract.ts";

/** Every number of the machine with its place in its band, its set-point and its age; pressing one draws its trend. */
export function MachineValues(props: {
  tags: readonly MachineTag[];
  chosen: number | null;
  onChoose: (tagId: number) => void;
}): ReactNode {
  const t = useTranslations("office.machine");
  const shown = props.tags.filter((tag) => tag.datatype === "number" && tag.meaning !== "cycles");
  return (
    <section className="d-panel p-4">
      <h2 className="pb-2 font-semibold">{t("values")}</h2>
      <ul className="grid gap-2 sm:grid-cols-2 2xl:grid-cols-3">
        {shown.map((tag) => (
          <li key={tag.id}>
            <ValueTile tag={tag} chosen={tag.id === props.chosen} onChoose={props.onChoose} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ValueTile(props: {
  tag: MachineTag;
  chosen: boolean;
  onChoose: (tagId: number) => void;
}): ReactNode {
  const { tag, chosen } = props;
  const t = useTranslations("office.machine");
  const locale = useLocale();
  const sample = useSample(tag.id, tag.staleMs);
  const setpoint = useRawSample(tag.setpointTagId);
  const value = typeof sample?.value === "number" ? sample.value : null;
  const at = typeof setpoint?.value === "number" ? setpoint.value : null;
  return (
    <button
      type="button"
      aria-pressed={chosen}
      data-tag={tag.id}
      onClick={() => props.onChoose(tag.id)}
      className={`flex w-full flex-col gap-1 rounded-md border bg-raised p-2.5 text-start ${chosen ? "border-ink" : "border-hairline hover:border-line"}`}
    >
      <span className="flex items-baseline justify-between gap-2">
        <bdi className="truncate text-sm text-ink-2">{tag.name}</bdi>
        <ValueAge sample={sample} />
      </span>
      <LiveValue sample={sample} unit={tag.unit} decimals={tag.decimals} className="text-xl" />
      {tag.meaning === "measurement" && (
        <AnalogueBar
          value={value}
          stale={sample?.stale ?? true}
          scale={{ low: tag.low, high: tag.high, normalLow: tag.normalLow, normalHigh: tag.normalHigh }}
          setpoint={at}
        />
      )}
      {at !== null && (
        <span className="text-xs text-ink-2">
          {t("setpoint")}{" "}
          <bdi dir="ltr">
            {formatNumber(locale, at, tag.decimals)} {tag.unit}
          </bdi>
        </span>
      )}
    </button>
  );
}
