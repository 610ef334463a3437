"use client";

import type { ReactNode } from "react";
import type { LiveSample } from "#app/_live/samples.client.ts";
import { AlarmMark } from "#app/_ui/alarm-mark.tsx";
import { AnalogueBar } from "#app/_ui/analogue-bar.tsx";
import { LiveValue, ValueAge } from "#app/_ui/live-value.client.tsx";
import { Ago, Countdown, PlantTime, Running } from "#app/_ui/relative-time.client.tsx";
import { Sparkline } from "#app/_ui/sparkline-graph.tsx";
import { StateMark, type StateWord } from "#app/_ui/state-mark.tsx";
import { type RibbonPart, StateRibbon } from "#app/_ui/state-ribbon.tsx";

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
const scale = { low: 0, high: 400, normalLow: 225, normalHigh: 235 };
const sample = (value: number | null, ageMs: number, quality: number): LiveSample => ({
  value,
  sourceTime: 0,
  quality,
  ageMs,
  stale: quality >= 2 || ageMs > 5000,
});
const samples = [sample(230.4, 400, 0), sample(231, 900, 1), sample(229.9, 42_000, 0), sample(null, 0, 2)];

export function Marks(props: { now: number }): ReactNode {
  const { now } = props;
  const hour = 3600_000;
  const ribbon: RibbonPart[] = words.map((word, i) => ({
    word,
    start: now - (8 - i) * hour,
    end: now - (7 - i) * hour,
  }));
  const line = Array.from({ length: 60 }, (_, i) => ({
    at: now - (60 - i) * 10_000,
    value: i > 24 && i < 31 ? null : 230 + Math.sin(i / 5) * 3,
  }));
  return (
    <div className="grid gap-6 md:grid-cols-2">
      <ul className="grid grid-cols-2 gap-2 text-lg">
        {words.map((word) => (
          <li key={word} className="flex items-center gap-2">
            <StateMark word={word} /> {word}
          </li>
        ))}
      </ul>
      <div className="flex flex-col gap-4">
        <div className="flex gap-4 text-2xl">
          {([1, 2, 3, 4] as const).map((priority) => (
            <AlarmMark
              key={priority}
              priority={priority}
              beats={priority === 1}
              label={`priority ${String(priority)}`}
            />
          ))}
        </div>
        <div className="flex flex-wrap gap-6">
          {[...samples, undefined].map((one, i) => (
            <span key={i} className="flex flex-col text-xl">
              <LiveValue sample={one} unit="°C" decimals={1} />
              <span className="text-sm">
                <ValueAge sample={one} />
              </span>
            </span>
          ))}
        </div>
        <p className="flex flex-wrap gap-6">
          <PlantTime at={now} /> <PlantTime at={now} day seconds /> <Ago at={now - 62_000} />{" "}
          <Ago at={now - 5 * hour} /> <Running since={now - 4_353_000} /> <Countdown until={now + 65_000} />
        </p>
      </div>
      <div className="flex flex-col gap-3">
        <AnalogueBar value={230} stale={false} scale={scale} setpoint={231} />
        <AnalogueBar value={239} stale={false} scale={scale} setpoint={231} />
        <AnalogueBar value={228} stale scale={scale} setpoint={231} />
        <AnalogueBar value={null} stale scale={scale} setpoint={null} />
        <AnalogueBar
          value={120}
          stale={false}
          scale={{ ...scale, normalLow: null, normalHigh: null }}
          setpoint={null}
        />
        <AnalogueBar
          value={1}
          stale={false}
          scale={{ low: null, high: null, normalLow: null, normalHigh: null }}
          setpoint={null}
        />
      </div>
      <div className="flex flex-col gap-3">
        <StateRibbon
          parts={ribbon}
          from={now - 8 * hour}
          to={now}
          label="every state for an hour"
          id="kit-hatch"
        />
        <div className="h-12">
          <Sparkline points={line} from={now - 600_000} to={now} gapMs={15_000} least={5} />
        </div>
      </div>
    </div>
  );
}
