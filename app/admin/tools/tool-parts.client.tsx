"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatShare } from "#app/_lib/format.ts";
import type { ToolView } from "#server/execution/tools/tools.contract.ts";
import { lifeOf } from "#server/execution/tools/tools.rules.ts";

/** How far a tool has come: a bar to its life, the mark where it is due, and the word where it is. */
export function LifeBar(props: { tool: ToolView }): ReactNode {
  const { tool } = props;
  const t = useTranslations("admin.tools");
  const locale = useLocale();
  const life = lifeOf(tool);
  const shots = formatNumber(locale, Math.round(tool.shots));
  if (life === null || tool.lifeCycles === null)
    return <span className="tabular-nums">{t("shotsAlone", { shots })}</span>;
  return (
    <div className="min-w-40">
      <p className="flex flex-wrap items-baseline justify-between gap-x-3 tabular-nums">
        <span>{t("shotsOf", { shots, life: formatNumber(locale, tool.lifeCycles) })}</span>
        <span className={life.state === "good" ? "text-ink-2" : "font-semibold"}>
          {life.state === "good" ? formatShare(locale, life.share, 0) : t(`life.${life.state}`)}
        </span>
      </p>
      <div className="relative mt-1 h-2 border border-line bg-canvas" aria-hidden="true">
        <div
          className={`h-full ${life.state === "good" ? "bg-filled" : "bg-ink"}`}
          style={{ inlineSize: `${String(Math.min(100, life.share * 100))}%` }}
        />
        <div
          className="absolute inset-y-[-3px] border-s-2 border-ink"
          style={{ insetInlineStart: `${String(tool.warnShare * 100)}%` }}
        />
      </div>
    </div>
  );
}

/** A square a cavity, those that are closed empty: seen before it is counted. */
export function Cavities(props: { tool: Pick<ToolView, "cavities" | "openCavities"> }): ReactNode {
  const { cavities, openCavities } = props.tool;
  const t = useTranslations("admin.tools");
  if (cavities === null || openCavities === null) return <span className="text-ink-2">–</span>;
  const drawn = cavities <= 16;
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <span className={openCavities < cavities ? "font-semibold" : ""}>
        {t("openOf", { open: openCavities, cavities })}
      </span>
      {drawn && (
        <span className="inline-flex gap-0.5" aria-hidden="true">
          {Array.from({ length: cavities }, (_, i) => (
            <span
              key={i}
              className={`size-2.5 border border-line ${i < openCavities ? "bg-filled" : "bg-canvas"}`}
            />
          ))}
        </span>
      )}
    </span>
  );
}

/** Where a tool is. */
export function Place(props: { tool: ToolView }): ReactNode {
  const { tool } = props;
  const t = useTranslations("admin.tools");
  if (!tool.active) return <span className="text-ink-2">{t("putAwayNow")}</span>;
  if (tool.machine !== null) return <bdi>{t("on", { machine: tool.machine.name })}</bdi>;
  return tool.storage === null ? (
    <span className="text-ink-2">{t("nowhere")}</span>
  ) : (
    <bdi>{tool.storage}</bdi>
  );
}
