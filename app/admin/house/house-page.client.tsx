"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatSpan } from "#app/_lib/format.ts";
import { figureName, figureValue } from "./figures.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { HealthView } from "#server/http/health.contract.ts";

/** Each part of the house with its lag, its queue and its versions; what is wrong stands first. */
export function HousePage(): ReactNode {
  const t = useTranslations("admin.house");
  const locale = useLocale();
  const { data, error, readAt, loading } = useRecord<HealthView>({
    path: "/health",
    scopes: [],
    everyMs: 3000,
  });
  return (
    <section className="d-panel p-4">
      <h1 className="pb-2 text-lg font-semibold">{t("title")}</h1>
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
                  <h2 className="flex items-center justify-between font-semibold">
                    <bdi>{name}</bdi>
                    <span className="d-chip" data-strong={!part.ok}>
                      {t(part.ok ? "fine" : "wrong")}
                    </span>
                  </h2>
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
