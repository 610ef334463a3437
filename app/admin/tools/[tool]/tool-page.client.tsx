"use client";

import Link from "next/link";
import { useLocale, useTimeZone, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatDayTime, formatNumber } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { ToolPage as Tool } from "#server/execution/tools/tools.contract.ts";
import { PeriodWords } from "../../_dated/period.client.tsx";
import { History } from "../../_history/history.client.tsx";
import { ToolDialog } from "../tool-dialog.client.tsx";
import { Cavities, LifeBar, Place } from "../tool-parts.client.tsx";
import { FitSection, type OperationChoice } from "./fit-section.client.tsx";
import { CavitiesDialog, MaintainDialog, MountDialog, StoreDialog } from "./tool-deeds.client.tsx";

type Deed = "change" | "mount" | "store" | "cavities" | "maintain";

/** One tool: how far it is, where it is, which cavities give parts, and what it was through. */
export function ToolPage(props: {
  initial: Tool;
  machines: readonly { readonly id: number; readonly name: string }[];
  operations: readonly OperationChoice[];
}): ReactNode {
  const { initial } = props;
  const t = useTranslations("admin.tools");
  const wrong = useErrorWords();
  const locale = useLocale();
  const zone = useTimeZone() ?? "UTC";
  const [open, setOpen] = useState<Deed | null>(null);
  const {
    data: tool = initial,
    error,
    reread,
  } = useRecord<Tool>({
    path: `/tools/${initial.id}`,
    initial,
    scopes: ["plant"],
    topics: ["tool.", "product."],
    everyMs: 30_000,
  });
  const change = useCommand<object, unknown>(`/tools/${tool.id}`);
  const close = () => {
    setOpen(null);
    reread();
  };
  const away = tool.active ? null : t("putAwayNow");
  const dialog = { tool, onClose: close };
  return (
    <>
      <header className="d-panel flex flex-wrap items-center gap-x-8 gap-y-3 p-4">
        <div className="min-w-0">
          <p className="text-sm text-ink-2">
            <Link className="d-link" href="/admin/tools" prefetch={false}>
              {t("title")}
            </Link>
          </p>
          <h1 className="text-2xl font-semibold">
            <bdi>{tool.serial}</bdi> <bdi className="font-normal">{tool.name}</bdi>
          </h1>
        </div>
        <div className="ms-auto flex flex-wrap gap-2">
          <Button onPress={() => setOpen("change")}>{t("change")}</Button>
          <Button busy={change.busy} onPress={() => void change.run({ active: !tool.active }).then(reread)}>
            {t(tool.active ? "putAway" : "takeUp")}
          </Button>
        </div>
      </header>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {change.state.phase === "wrong" && <Notice kind="error" title={wrong(change.state.error)} />}
      <div className="grid items-start gap-4 lg:grid-cols-3">
        <Panel
          title={t("place")}
          deed={
            tool.machine === null ? (
              <>
                <Button why={away} onPress={() => setOpen("store")}>
                  {t("layElsewhere")}
                </Button>
                <Button why={away} onPress={() => setOpen("mount")}>
                  {t("mount")}
                </Button>
              </>
            ) : (
              <Button onPress={() => setOpen("store")}>{t("dismount")}</Button>
            )
          }
        >
          <p className="text-lg">
            <Place tool={tool} />
          </p>
          {tool.machine !== null && tool.machine.since !== null && (
            <p className="text-ink-2">
              {t("since")} <PlantTime at={tool.machine.since} day />
            </p>
          )}
        </Panel>
        <Panel
          title={t("shots")}
          deed={
            <Button why={away} onPress={() => setOpen("maintain")}>
              {t("maintained")}
            </Button>
          }
        >
          <LifeBar tool={tool} />
          <p className="pt-1 text-ink-2">
            {tool.lastMaintenance === null ? (
              t("neverMaintained")
            ) : (
              <>
                {t("sinceMaintenance")} <PlantTime at={tool.lastMaintenance} day />
              </>
            )}
          </p>
        </Panel>
        <Panel
          title={t("cavities")}
          deed={
            <Button why={tool.cavities === null ? t("noCavities") : away} onPress={() => setOpen("cavities")}>
              {t("setCavities")}
            </Button>
          }
        >
          <p className="text-lg">
            <Cavities tool={tool} />
          </p>
          <p className="pt-1 text-sm text-ink-2">{t("cavitiesText")}</p>
          {tool.cavityTimes.length > 0 && (
            <ul className="pt-2 text-sm">
              {tool.cavityTimes.map((row) => (
                <li key={String(row.from)}>
                  {t("openOnly", { open: row.open })} <PeriodWords from={row.from} to={row.to} />
                </li>
              ))}
            </ul>
          )}
        </Panel>
      </div>
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <FitSection tool={tool} operations={props.operations} onSaved={reread} />
        <Past tool={tool} />
      </div>
      <section className="d-panel p-4">
        <History
          objectType="tool"
          objectId={tool.id}
          nameField={(name) => (t.has(`field.${name}`) ? t(`field.${name}`) : undefined)}
          say={(name, value) => {
            if (name === "maintained" && typeof value === "number") return formatDayTime(locale, zone, value);
            if (name === "place" && value !== null && typeof value === "object") {
              const place = value as { machine?: string | null; storage?: string | null };
              return place.machine ?? place.storage ?? "–";
            }
            if (name === "cavityTimes" && Array.isArray(value))
              return (
                (value as { open: number }[]).map(({ open: n }) => formatNumber(locale, n)).join(", ") || "–"
              );
            if (name === "fits" && Array.isArray(value))
              return (
                (value as { productId: string; operation: string }[])
                  .map(
                    ({ productId, operation }) =>
                      `${props.operations.find((one) => one.productId === productId)?.code ?? ""} ${operation}`,
                  )
                  .join(", ") || "–"
              );
            return undefined;
          }}
          onUndone={reread}
        />
      </section>
      {open === "change" && <ToolDialog {...dialog} />}
      {open === "mount" && <MountDialog {...dialog} machines={props.machines} />}
      {open === "store" && <StoreDialog {...dialog} />}
      {open === "cavities" && <CavitiesDialog {...dialog} />}
      {open === "maintain" && <MaintainDialog {...dialog} />}
    </>
  );
}

function Panel(props: { title: string; deed: ReactNode; children: ReactNode }): ReactNode {
  return (
    <section className="d-panel flex min-w-0 flex-col gap-2 p-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="text-lg font-semibold">{props.title}</h2>
        <div className="flex flex-wrap gap-2">{props.deed}</div>
      </div>
      <div>{props.children}</div>
    </section>
  );
}

/** Where it was with how many shots, and what was done to it. */
function Past(props: { tool: Tool }): ReactNode {
  const { tool } = props;
  const t = useTranslations("admin.tools");
  const locale = useLocale();
  const count = (value: number) => formatNumber(locale, Math.round(value));
  return (
    <section className="d-panel min-w-0" aria-labelledby="past">
      <h2 id="past" className="p-4 pb-2 text-lg font-semibold">
        {t("past")}
      </h2>
      {tool.mounts.length + tool.maintenance.length === 0 ? (
        <Notice kind="empty" title={t("noPast")} filling />
      ) : (
        <table className="d-table" data-cards>
          <thead>
            <tr>
              <th>{t("what")}</th>
              <th>{t("when")}</th>
              <th data-align="end">{t("shots")}</th>
            </tr>
          </thead>
          <tbody>
            {tool.mounts.map((row) => (
              <tr key={`m ${String(row.from)}`}>
                <td data-head={t("what")}>
                  <bdi>{t("on", { machine: row.machineName })}</bdi>
                </td>
                <td data-head={t("when")}>
                  <PeriodWords from={row.from} to={row.to} />
                </td>
                <td data-head={t("shots")} data-align="end" className="tabular-nums">
                  {count(row.shots)}
                </td>
              </tr>
            ))}
            {tool.maintenance.map((row) => (
              <tr key={`c ${String(row.at)}`}>
                <td data-head={t("what")}>
                  <span>
                    {t("maintained")}
                    {row.note !== null && (
                      <>
                        : <bdi className="text-ink-2">{row.note}</bdi>
                      </>
                    )}
                  </span>
                </td>
                <td data-head={t("when")}>
                  <PlantTime at={row.at} day />
                </td>
                <td data-head={t("shots")} data-align="end" className="tabular-nums">
                  {count(row.shots)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
