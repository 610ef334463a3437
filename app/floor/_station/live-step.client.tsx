"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatSpan } from "#app/_lib/format.ts";
import { useNow } from "#app/_live/now.client.ts";
import { useSample } from "#app/_live/samples.client.ts";
import { LiveValue, ValueAge } from "#app/_ui/live-value.client.tsx";
import type { StepDefinition, StepView } from "#server/execution/guidance/guidance.contract.ts";
import { compare } from "#server/execution/guidance/guidance.rules.ts";

/** The step that passes by itself: what is wanted, what is measured now, and how long it has held. */
export function LiveStep(props: {
  step: StepView;
  definition: Extract<StepDefinition, { kind: "live_bound" }>;
  staleMs: number;
}): ReactNode {
  const { step, definition, staleMs } = props;
  const t = useTranslations("floor.run");
  const locale = useLocale();
  const { tag, holdsSince } = step;
  const sample = useSample(tag?.id ?? null, staleMs);
  const now = useNow(200);
  const decimals = tag?.decimals ?? 1;
  const fine =
    sample !== undefined &&
    !sample.stale &&
    typeof sample.value === "number" &&
    compare(sample.value, definition.op, definition.value);
  const held = holdsSince === null ? 0 : Math.min(definition.holdMs, Math.max(0, now - holdsSince));
  const wanted = `${definition.op} ${formatNumber(locale, definition.value, decimals)}${tag?.unit === null || tag === null ? "" : ` ${tag.unit}`}`;
  return (
    <div className="k-card flex flex-col gap-mm-3" data-holds={fine} aria-live="polite">
      <p className="k-label flex justify-between gap-mm-3">
        <bdi>{tag?.name ?? definition.metric}</bdi>
        <ValueAge sample={sample} />
      </p>
      <LiveValue
        sample={sample}
        unit={tag?.unit ?? null}
        decimals={decimals}
        className="text-hero leading-none"
      />
      <p>
        {t("wanted")} <bdi className="font-semibold">{wanted}</bdi>
      </p>
      <div
        className="h-mm-4 border border-line bg-canvas"
        role="img"
        aria-label={t("holds", {
          held: formatSpan(locale, held),
          whole: formatSpan(locale, definition.holdMs),
        })}
      >
        <div
          className="h-full bg-filled"
          style={{
            inlineSize: `${String(definition.holdMs === 0 ? (fine ? 100 : 0) : (held / definition.holdMs) * 100)}%`,
          }}
        />
      </div>
      <p className="text-ink-2">{tag === null ? t("noTag") : fine ? t("holding") : t("waiting")}</p>
    </div>
  );
}
