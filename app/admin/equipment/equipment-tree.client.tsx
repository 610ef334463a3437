"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { PlantLine, PlantView } from "#server/execution/plant/plant.contract.ts";

interface Choice {
  readonly chosen: string;
  readonly onChoose: (at: string) => void;
}

/** Site → areas → lines → machines in flow order (ISA-95); what was put away stands grey in its place. */
export function EquipmentTree(props: Choice & { plant: PlantView }): ReactNode {
  const t = useTranslations("admin.equipment");
  const { plant, ...choice } = props;
  const without = plant.lines.filter((line) => line.areaId === null);
  return (
    <nav aria-label={t("tree")}>
      <Node {...choice} at="site" name={plant.site?.name ?? t("noSite")} level={t("level.site")} />
      <ul className="ms-2 border-s border-hairline ps-3">
        {plant.areas.map((area) => (
          <li key={area.id}>
            <Node
              {...choice}
              at={`area-${area.id}`}
              name={area.name}
              level={t("level.area")}
              away={area.retiredAt !== null}
            />
            <Lines {...choice} lines={plant.lines.filter((line) => line.areaId === area.id)} />
          </li>
        ))}
      </ul>
      <Lines {...choice} lines={without} />
    </nav>
  );
}

function Lines({ lines, ...choice }: Choice & { lines: readonly PlantLine[] }): ReactNode {
  const t = useTranslations("admin.equipment");
  if (lines.length === 0) return null;
  return (
    <ul className="ms-2 border-s border-hairline ps-3">
      {lines.map((line) => (
        <li key={line.id}>
          <Node
            {...choice}
            at={`line-${line.id}`}
            name={line.name}
            level={t("level.line")}
            away={line.retiredAt !== null}
          />
          <ol className="ms-2 border-s border-hairline ps-3">
            {line.machines.map((machine) => (
              <li key={machine.id}>
                <Node
                  {...choice}
                  at={`machine-${machine.id}`}
                  name={machine.name}
                  level={machine.kind}
                  away={machine.retiredAt !== null}
                />
              </li>
            ))}
          </ol>
        </li>
      ))}
    </ul>
  );
}

function Node(props: Choice & { at: string; name: string; level: string; away?: boolean }): ReactNode {
  const t = useTranslations("admin.equipment");
  const { at, chosen, onChoose, away = false } = props;
  return (
    <button
      type="button"
      {...(at === chosen ? { "aria-current": "true" as const } : {})}
      className="flex w-full flex-wrap items-baseline gap-x-2 rounded px-2 py-1 text-start hover:bg-band aria-[current]:bg-raised aria-[current]:shadow-[inset_0_0_0_1px_var(--line)]"
      onClick={() => onChoose(at)}
    >
      <bdi className={away ? "text-ink-2 line-through" : "font-semibold"}>{props.name}</bdi>
      <bdi className="text-sm text-ink-2">{props.level}</bdi>
      {away && <span className="d-chip">{t("away")}</span>}
    </button>
  );
}
