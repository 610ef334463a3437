"use client";

import { type ReactNode, useState } from "react";
import { OeeBars } from "#app/_ui/oee-bars.client.tsx";
import { TrendChart } from "#app/_ui/trend-chart.client.tsx";

const words = {
  oee: "OEE",
  availability: "Availability",
  performance: "Performance",
  quality: "Quality",
  target: "Target",
};

export function Charts(props: { now: number }): ReactNode {
  const { now } = props;
  const [range, setRange] = useState({ from: now - 3600_000, to: now });
  const at = Array.from({ length: 720 }, (_, i) => now - 3600_000 + i * 5000);
  const wave = at.map((_, i) =>
    i > 300 && i < 340 ? null : 230 + Math.sin(i / 40) * 4 + (i === 500 ? 9 : 0),
  );
  const shift = (values: readonly (number | null)[], by: number) =>
    values.map((v) => (v === null ? null : v + by));
  const bars = Array.from({ length: 14 }, (_, i) => ({
    key: String(i),
    name: `${String(9 + i)} Nov`,
    oee: i === 5 ? null : 0.62 + 0.2 * Math.sin(i / 3),
    availability: 0.9,
    performance: 0.85,
    quality: 0.97,
  }));
  return (
    <div className="flex flex-col gap-8">
      <TrendChart
        label="Melt temperature of press 2"
        from={range.from}
        to={range.to}
        onRange={(from, to) => setRange({ from, to })}
        normal={{ low: 226, high: 234 }}
        series={[
          {
            key: "melt",
            label: "Melt temperature",
            unit: "°C",
            decimals: 1,
            at,
            value: wave,
            min: shift(wave, -1),
            max: shift(wave, 1),
          },
          {
            key: "set",
            label: "Set-point",
            unit: "°C",
            decimals: 1,
            at: [now - 3600_000, now - 900_000, now],
            value: [231, 228, 228],
            steps: true,
          },
        ]}
        bands={[
          { lane: "order", start: now - 3600_000, end: now - 1500_000, label: "PO-24005 Screw cap" },
          { lane: "order", start: now - 1500_000, end: null, label: "PO-24006 Crate" },
          { lane: "lot", start: now - 2600_000, end: null, label: "LOT-771 PP granulate" },
        ]}
        marks={[
          { at: now - 900_000, label: "231 → 228", kind: "setpoint" },
          { at: now - 1100_000, label: "drift", kind: "alarm" },
        ]}
      />
      <TrendChart label="Nothing yet" from={now - 60_000} to={now} series={[]} height={120} />
      <OeeBars label="OEE by day" rows={bars} words={words} target={0.75} />
    </div>
  );
}
