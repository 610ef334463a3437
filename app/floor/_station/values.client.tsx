"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useNow } from "#app/_live/now.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { useRawSample, useSample } from "#app/_live/samples.client.ts";
import { useTrail } from "#app/_live/trail.client.ts";
import { AnalogueBar } from "#app/_ui/analogue-bar.tsx";
import { outsideBand } from "#app/_ui/analogue.ts";
import { LiveValue, ValueAge } from "#app/_ui/live-value.client.tsx";
import { Sparkline } from "#app/_ui/sparkline-graph.tsx";
import type { MachineTag, MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { TrendView } from "#server/execution/tags/trend.contract.ts";

/** Not more than fits beside the counts without scrolling; a low screen beside the counts leaves the last one out. */
const shown = 4;
const lowScreen = "lg:[@media(max-height:900px)]:[&>:nth-child(4)]:hidden";
const trailMs = 600_000;
const trailEveryMs = 2000;

/** The values that say how the process runs: those with a normal band first. */
export function processValues(machine: Pick<MachineView, "tags">): readonly MachineTag[] {
  const measured = machine.tags.filter((tag) => tag.meaning === "measurement" && tag.datatype === "number");
  const banded = measured.filter((tag) => tag.normalLow !== null && tag.normalHigh !== null);
  return [...banded, ...measured.filter((tag) => !banded.includes(tag))].slice(0, shown);
}

export function Values(props: { machine: MachineView }): ReactNode {
  const t = useTranslations("floor.values");
  const tags = processValues(props.machine);
  return (
    <section
      aria-label={t("title")}
      className={`k-card k-fit flex flex-col justify-around gap-mm-3 lg:min-h-0 lg:flex-1 ${lowScreen}`}
    >
      {tags.length === 0 && <p className="text-ink-2">{t("none")}</p>}
      {tags.map((tag) => (
        <Value key={tag.id} tag={tag} />
      ))}
    </section>
  );
}

function Value(props: { tag: MachineTag }): ReactNode {
  const { tag } = props;
  const t = useTranslations("floor.values");
  const sample = useSample(tag.id, tag.staleMs);
  const setpoint = useRawSample(tag.setpointTagId)?.value;
  const value = typeof sample?.value === "number" ? sample.value : null;
  const side = value === null || sample?.stale === true ? null : outsideBand(tag, value);
  return (
    <div
      className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-mm-5 gap-y-mm-1 min-[1500px]:grid-cols-[minmax(0,1fr)_18%_auto]"
      data-tag={tag.metric}
    >
      <span className="flex min-w-0 items-baseline gap-[0.6em] font-medium">
        <bdi className="truncate">{tag.name}</bdi>
        {side !== null && (
          <strong className="whitespace-nowrap">
            <span aria-hidden="true">{side === "above" ? "▲" : "▼"}</span>{" "}
            {side === "above" ? t("above") : t("below")}
          </strong>
        )}
      </span>
      <Trail tag={tag} />
      <LiveValue
        sample={sample}
        unit={tag.unit}
        decimals={tag.decimals}
        className="min-w-[5.4em] justify-end text-mm-5.5"
      />
      <AnalogueBar
        value={value}
        stale={sample?.stale ?? true}
        scale={tag}
        setpoint={typeof setpoint === "number" ? setpoint : null}
      />
      <span className="k-label text-end">
        <ValueAge sample={sample} />
      </span>
    </div>
  );
}

/** The last ten minutes: what is stored until this page was opened, then what came live. */
function Trail(props: { tag: MachineTag }): ReactNode {
  const { tag } = props;
  const now = useNow(2000);
  const [opened] = useState(now);
  const stored = useRecord<TrendView>({
    path: `/tags/${String(tag.id)}/readings?from=${String(opened - trailMs)}&to=${String(opened)}&points=150`,
    scopes: [],
  }).data;
  const before = stored?.at.map((at, i) => ({ at, value: stored.value[i] ?? null }));
  const points = useTrail(tag.id, trailMs, trailEveryMs, before);
  const least = tag.normalLow !== null && tag.normalHigh !== null ? (tag.normalHigh - tag.normalLow) / 2 : 1;
  // A deadband leaves long times without a new reading; only a hole in the record itself breaks the line.
  const gapMs = Math.max(trailEveryMs * 5, stored?.resolutionMs ?? 0, tagSilenceMs);
  return (
    <div className="row-span-2 h-mm-12 border-b border-hairline max-[1499px]:hidden">
      <Sparkline points={points} from={now - trailMs} to={now} gapMs={gapMs} least={least} />
    </div>
  );
}

/** The longest a tag is silent while it does not change, ms (the default of `max_silence_ms`). */
const tagSilenceMs = 60_000;
