"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatSpan } from "#app/_lib/format.ts";
import { figureName, figureValue } from "./figures.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { HouseView } from "#server/execution/house/house.contract.ts";
import type { HealthView } from "#server/http/health.contract.ts";
import { BackupSection } from "./backup-section.client.tsx";
import { RetentionSection } from "./retention-section.client.tsx";
import { SpaceSection } from "./space-section.client.tsx";
import { SupportButton } from "./support-button.client.tsx";

/**
 * How the plant stands by itself: its backups, the room on its disk, how long what is kept; then each part of the
 * server with its lag and queues, what is wrong first.
 */
export function HousePage(): ReactNode {
  const t = useTranslations("admin.house");
  const locale = useLocale();
  const { data, error, readAt, loading } = useRecord<HealthView>({
    path: "/health",
    scopes: [],
    everyMs: 3000,
  });
  const house = useRecord<HouseView>({ path: "/house", scopes: [], everyMs: 3000 });
  return (
    <section className="d-panel p-4">
      <div className="flex flex-wrap items-center justify-between gap-3 pb-3">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <SupportButton />
      </div>
      {house.loading && <Skeleton lines={6} label={t("loading")} />}
      {house.data === undefined && house.error !== null && <Notice kind="error" title={t("unread")} />}
      {house.data !== undefined && (
        <div className="grid items-start gap-3 pb-4 lg:grid-cols-2">
          <div className="flex flex-col gap-3">
            <BackupSection backup={house.data.backup} onChanged={house.reread} />
            <SpaceSection space={house.data.space} onChanged={house.reread} />
          </div>
          <RetentionSection retention={house.data.retention} onChanged={house.reread} />
        </div>
      )}
      <h2 className="pb-2 text-base font-semibold">{t("parts")}</h2>
      {error !== null && (
        <Notice kind="error" title={t("unread")}>
          <Ago at={readAt} />
        </Notice>
      )}
      {loading && <Skeleton lines={8} label={t("loading")} />}
      {data !== undefined && (
        <>
          <p className="pb-3">
            <span className="d-chip" data-strong={data.status !== "ok"}>
              {t(`status.${data.status}`)}
            </span>{" "}
            <span className="text-ink-2">{t("up", { span: formatSpan(locale, data.uptimeMs) })}</span>
          </p>
          <div className="grid gap-3 md:grid-cols-2 2xl:grid-cols-3">
            {Object.entries(data.parts)
              .toSorted(([, a], [, b]) => Number(a.ok) - Number(b.ok))
              .map(([name, part]) => (
                <div key={name} className="rounded-md border border-hairline bg-raised p-3">
                  <h3 className="flex items-center justify-between font-semibold">
                    <bdi>{name}</bdi>
                    <span className="d-chip" data-strong={!part.ok}>
                      {t(part.ok ? "fine" : "wrong")}
                    </span>
                  </h3>
                  <dl className="mt-2 grid grid-cols-[1fr_auto] gap-x-4 text-sm" dir="ltr">
                    {Object.entries(part.figures).map(([key, value]) => (
                      <div key={key} className="contents">
                        <dt className="text-ink-2">{figureName(key)}</dt>
                        <dd className="text-end tabular-nums">{figureValue(locale, key, value)}</dd>
                      </div>
                    ))}
                  </dl>
                </div>
              ))}
          </div>
          <p className="mt-3 text-sm text-ink-2" dir="ltr">
            {Object.entries(data.versions)
              .map(([name, version]) => `${name} ${version}`)
              .join(" · ")}
          </p>
        </>
      )}
    </section>
  );
}
