"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatNumber, formatSpan } from "#app/_lib/format.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { DefinitionView } from "#server/execution/orders/definition.contract.ts";
import type { OperationView, RoutingView } from "#server/execution/orders/routing.contract.ts";
import type { Choices } from "./choices.ts";
import { PeriodWords, useTimes } from "../../_dated/period.client.tsx";
import { RoutingForm } from "./routing-form.client.tsx";

/** By which operations it is made. A change is a new version; orders go on by the one they were made with. */
export function RoutingSection(props: {
  product: DefinitionView;
  choices: Choices;
  onSaved: () => void;
}): ReactNode {
  const { product, choices } = props;
  const t = useTranslations("admin.products");
  const stands = product.routings.filter(({ replaced }) => !replaced);
  const { now, later, earlier } = useTimes(stands);
  const replaced = product.routings.filter((one) => one.replaced);
  const past = [...earlier, ...replaced].toSorted((a, b) => b.version - a.version);
  const [editing, setEditing] = useState(false);
  const held = now[0];
  const shown = [...now, ...later];
  return (
    <section className="d-panel min-w-0" aria-labelledby="routing">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4 pb-2">
        <h2 id="routing" className="text-lg font-semibold">
          {t("routing")}
        </h2>
        {!editing && (
          <Button
            why={choices.machines.length === 0 ? t("machineFirst") : null}
            onPress={() => setEditing(true)}
          >
            {t(shown.length === 0 ? "addRouting" : "changeRouting")}
          </Button>
        )}
      </div>
      {editing && (
        <RoutingForm
          productId={product.id}
          operations={(later[0] ?? held)?.operations ?? []}
          choices={choices}
          onClose={() => {
            setEditing(false);
            props.onSaved();
          }}
        />
      )}
      {!editing && shown.length === 0 && (
        <Notice kind="empty" title={t("noRouting")} filling>
          {t("noRoutingText")}
        </Notice>
      )}
      {!editing && shown.map((version) => <Version key={version.id} version={version} product={product} />)}
      {past.length > 0 && (
        <details className="border-t border-hairline px-4 py-2">
          <summary className="cursor-pointer text-sm text-ink-2">
            {t("earlierVersions", { count: past.length })}
          </summary>
          {past.map((version) => (
            <Version key={version.id} version={version} product={product} />
          ))}
        </details>
      )}
    </section>
  );
}

function Version(props: { version: RoutingView; product: DefinitionView }): ReactNode {
  const { version, product } = props;
  const t = useTranslations("admin.products");
  return (
    <div>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 pb-2 text-sm">
        <span className="d-chip">{t("version", { version: version.version })}</span>
        {version.replaced ? (
          <span className="text-ink-2">{t("neverHeld")}</span>
        ) : (
          <PeriodWords from={version.from} to={version.to} />
        )}
        {version.openOrders > 0 && (
          <span className="text-ink-2">{t("openOrders", { count: version.openOrders })}</span>
        )}
      </p>
      <table className="d-table" data-cards>
        <thead>
          <tr>
            <th>{t("sequence")}</th>
            <th>{t("operation")}</th>
            <th>{t("machines")}</th>
            <th data-align="end">{t("setup")}</th>
            <th>{t("skill")}</th>
            <th>{t("tools")}</th>
          </tr>
        </thead>
        <tbody>
          {version.operations.map((operation) => (
            <OperationRow key={operation.sequence} operation={operation} product={product} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function OperationRow(props: { operation: OperationView; product: DefinitionView }): ReactNode {
  const { operation, product } = props;
  const t = useTranslations("admin.products");
  const locale = useLocale();
  const { now } = useTimes(product.standards);
  const none = <span className="text-ink-2">–</span>;
  return (
    <tr>
      <td data-head={t("sequence")} className="tabular-nums">
        {operation.sequence}
      </td>
      <td data-head={t("operation")}>
        <bdi className="font-semibold">{operation.name}</bdi>
      </td>
      <td data-head={t("machines")}>
        <ul>
          {operation.machines.map(({ id, name }) => {
            const standard = now.find(({ machineId }) => machineId === id);
            return (
              <li key={id}>
                <bdi>{name}</bdi>{" "}
                <span className="text-ink-2">
                  {standard === undefined
                    ? t("untimed")
                    : t("timed", {
                        seconds: formatNumber(
                          locale,
                          standard.cycleMs / 1000,
                          Number.isInteger(standard.cycleMs / 1000) ? 0 : 2,
                        ),
                        parts: standard.partsPerCycle,
                      })}
                </span>
              </li>
            );
          })}
          {operation.machineKind !== null && (
            <li className="text-ink-2">{t("everyKind", { kind: operation.machineKind })}</li>
          )}
        </ul>
      </td>
      <td data-head={t("setup")} data-align="end" className="whitespace-nowrap">
        {operation.setupMs === 0 ? none : formatSpan(locale, operation.setupMs)}
      </td>
      <td data-head={t("skill")}>{operation.skill === null ? none : <bdi>{operation.skill}</bdi>}</td>
      <td data-head={t("tools")}>
        {operation.tools.length === 0
          ? none
          : operation.tools.map(({ id, serial }) => (
              <bdi key={id} className="d-chip me-1">
                {serial}
              </bdi>
            ))}
      </td>
    </tr>
  );
}
