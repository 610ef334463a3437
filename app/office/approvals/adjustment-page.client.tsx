"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useRefusalWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { ActorName } from "#app/_ui/actor-name.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { Countdown, PlantTime } from "#app/_ui/relative-time.client.tsx";
import type {
  AdjustmentForPerson,
  AdjustmentView,
} from "#server/execution/adjustments/adjustments.contract.ts";
import type { DeviationView } from "#server/execution/detection/detection.contract.ts";
import { AuthorWords, KpiRow, PredictedWords, ReasonWords, StateChip } from "./adjustment-parts.client.tsx";
import { Decide } from "./decide.client.tsx";
import { EvidencePanel } from "./evidence.client.tsx";

/** One adjustment with everything a decision needs, and everything that became of it. */
export function AdjustmentPage(props: {
  initial: AdjustmentForPerson;
  deviation: DeviationView | null;
}): ReactNode {
  const t = useTranslations("office.approval");
  const tables = useTranslations("office.approvals");
  const verdict = useTranslations("verdict");
  const refusal = useRefusalWords();
  const locale = useLocale();
  const {
    data = props.initial,
    error,
    reread,
  } = useRecord<AdjustmentForPerson>({
    path: `/adjustments/${props.initial.id}`,
    initial: props.initial,
    scopes: [`machine:${String(props.initial.machine.id)}`],
    topics: ["adjustment."],
    everyMs: 5000,
  });
  const { target, verification } = data;
  const figure = (value: number) => formatNumber(locale, value, target.decimals);
  return (
    <article className="flex flex-col gap-4" data-adjustment={data.id} data-state={data.state}>
      <header className="d-panel flex flex-wrap items-start gap-x-8 gap-y-3 p-4">
        <div className="min-w-0 flex-1 max-sm:basis-full">
          <p className="text-sm text-ink-2">
            <Link className="d-link" href={`/office/machines/${data.machine.code}`} prefetch={false}>
              <bdi>{data.machine.name}</bdi>
            </Link>{" "}
            · <bdi>{target.name}</bdi>
          </p>
          <h1 className="text-2xl font-semibold">
            <bdi dir="ltr">
              {figure(data.oldValue)} → {figure(data.newValue)} {target.unit}
            </bdi>
          </h1>
          <p>
            <ReasonWords reason={data.reason} />
          </p>
          <p className="mt-1 flex flex-wrap items-center gap-3 text-sm text-ink-2">
            <StateChip state={data.state} />
            <span>
              {t("by")} <AuthorWords author={data.author} />
            </span>
            <span>
              {t("limits", {
                min: figure(data.limits.min),
                max: figure(data.limits.max),
                step: figure(data.limits.maxStep),
                unit: target.unit ?? "",
              })}
            </span>
            <span>{t("risk", { risk: data.riskClass })}</span>
            {(data.state === "proposed" || data.state === "approved") && (
              <span>
                {t("expires")} <Countdown until={data.notAfter} />
              </span>
            )}
            {data.sendAt !== null && data.state === "announced" && (
              <span className="font-semibold text-ink">
                {t("sentIn")} <Countdown until={data.sendAt} />
              </span>
            )}
          </p>
          {data.why !== null && <p className="mt-1 font-semibold">{refusal(data.why)}</p>}
          {data.approvedBy.length > 0 && (
            <p className="text-sm text-ink-2">
              {t("approvedBy")} <bdi>{data.approvedBy.map((by) => by.name).join(", ")}</bdi>
            </p>
          )}
        </div>
        <Decide adjustment={data} onDone={reread} />
      </header>
      {error !== null && <Notice kind="error" title={tables("unread")} />}
      <div className="grid gap-4 xl:grid-cols-2">
        <section className="d-panel flex flex-col gap-3 p-4">
          <h2 className="font-semibold">{t("predicted")}</h2>
          {data.predicted.process === null && data.predicted.kpi === null && (
            <p className="text-ink-2">{t("noPrediction")}</p>
          )}
          <dl className="grid gap-4 sm:grid-cols-2">
            {data.predicted.process !== null && (
              <PredictedWords
                label={data.predicted.process.tag.name}
                now={data.predicted.process.now}
                predicted={data.predicted.process}
              />
            )}
            {data.predicted.kpi !== null && (
              <PredictedWords
                label={t("kpi.scrap_ratio")}
                now={data.predicted.kpi.now}
                predicted={data.predicted.kpi}
              />
            )}
          </dl>
          {data.rule !== null && (
            <p className="text-sm text-ink-2">
              {t("record", {
                helped: data.rule.record.helped,
                not: data.rule.record.didNotHelp,
                cannot: data.rule.record.cannotTell,
              })}
            </p>
          )}
        </section>
        <section className="d-panel flex flex-col gap-3 p-4" aria-live="polite">
          <h2 className="font-semibold">{t("outcome")}</h2>
          {verification === null ? (
            <p className="text-ink-2">{t("notYet")}</p>
          ) : (
            <>
              <p className="text-xl font-semibold" data-verdict={data.state}>
                {verification.phase === "done"
                  ? verdict(`state.${data.state}`)
                  : t(`phase.${verification.phase}`)}
              </p>
              {verification.reason !== null && <p>{verdict(`reason.${verification.reason}`)}</p>}
              {verification.echo !== null && (
                <p className="text-sm text-ink-2">
                  {t("echo", { value: figure(verification.echo.value), unit: target.unit ?? "" })}{" "}
                  <PlantTime at={verification.echo.at} seconds />
                </p>
              )}
              {verification.kpi !== null && (
                <div className="overflow-x-auto">
                  <table className="d-table">
                    <caption className="sr-only">{t("outcome")}</caption>
                    <thead>
                      <tr>
                        <th>{t("figure")}</th>
                        <th data-align="end">{t("before")}</th>
                        <th data-align="end">{t("after")}</th>
                        <th data-align="end">{t("better")}</th>
                        <th>{t("test")}</th>
                      </tr>
                    </thead>
                    <tbody>
                      <KpiRow kpi={verification.kpi} />
                      {verification.guards.map((kpi) => (
                        <KpiRow key={kpi.name} kpi={kpi} />
                      ))}
                    </tbody>
                  </table>
                </div>
              )}
            </>
          )}
          {data.returnedBy !== null && (
            <Link className="d-link" href={`/office/approvals/${data.returnedBy}`} prefetch={false}>
              {t("returnedBy")}
            </Link>
          )}
          {data.returns !== null && (
            <Link className="d-link" href={`/office/approvals/${data.returns}`} prefetch={false}>
              {t("returns")}
            </Link>
          )}
        </section>
        <section className="d-panel p-4">
          <h2 className="pb-2 font-semibold">{t("evidence")}</h2>
          {props.deviation === null ? (
            <p className="text-ink-2">{t("noEvidence")}</p>
          ) : (
            <EvidencePanel deviation={props.deviation} />
          )}
        </section>
        <Timeline entries={data.timeline} />
      </div>
    </article>
  );
}

function Timeline(props: { entries: AdjustmentView["timeline"] }): ReactNode {
  const t = useTranslations("office.approval");
  const events = useTranslations("adjustment.event");
  const refusal = useRefusalWords();
  return (
    <section className="d-panel p-4">
      <h2 className="pb-2 font-semibold">{t("timeline")}</h2>
      <ol className="flex flex-col gap-2">
        {props.entries.map((entry, i) => (
          <li key={`${String(entry.at)}-${String(i)}`} className="grid grid-cols-[8.5rem_1fr] gap-3">
            <span className="text-sm text-ink-2">
              <PlantTime at={entry.at} seconds />
            </span>
            <span>
              <span className="font-semibold">{events(entry.event)}</span>{" "}
              <span className="text-ink-2">
                <ActorName actor={entry.by} />
              </span>
              {entry.reason !== null && <bdi className="block text-ink-2">{entry.reason}</bdi>}
              {entry.why !== null && <span className="block text-ink-2">{refusal(entry.why)}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
