"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { BillLine } from "#server/execution/orders/bill.contract.ts";
import { neededFor } from "#server/execution/orders/bill.rules.ts";
import type { DefinitionView } from "#server/execution/orders/definition.contract.ts";
import { BillDialog } from "./bill-dialog.client.tsx";
import { type Choices, decimalsOf } from "./choices.ts";
import { PeriodWords, useTimes } from "../../_dated/period.client.tsx";

/** Of what it is made: materials that are bought, and products that are made. */
export function BillSection(props: {
  product: DefinitionView;
  choices: Choices;
  onSaved: () => void;
}): ReactNode {
  const { product, choices } = props;
  const t = useTranslations("admin.products");
  const { now, later, earlier } = useTimes(product.bill);
  const [open, setOpen] = useState<BillLine | "new" | null>(null);
  const nothing = choices.materials.length + choices.products.length < 2;
  return (
    <section className="d-panel min-w-0" aria-labelledby="bill">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4 pb-2">
        <h2 id="bill" className="text-lg font-semibold">
          {t("bill")}
        </h2>
        <Button why={nothing ? t("componentFirst") : null} onPress={() => setOpen("new")}>
          {t("addComponent")}
        </Button>
      </div>
      {product.bill.length === 0 ? (
        <Notice kind="empty" title={t("noBill")} filling>
          {t("noBillText")}
        </Notice>
      ) : (
        <>
          <Rows rows={[...now, ...later]} onChange={setOpen} />
          {earlier.length > 0 && (
            <details className="border-t border-hairline px-4 py-2">
              <summary className="cursor-pointer text-sm text-ink-2">
                {t("earlier", { count: earlier.length })}
              </summary>
              <Rows rows={earlier} />
            </details>
          )}
        </>
      )}
      {open !== null && (
        <BillDialog
          product={product}
          choices={choices}
          line={open === "new" ? null : open}
          onClose={() => {
            setOpen(null);
            props.onSaved();
          }}
        />
      )}
    </section>
  );
}

/** Parts for which is said how much is needed: a share of one part is too small to picture. */
const thousand = 1000;

function Rows(props: { rows: readonly BillLine[]; onChange?: (line: BillLine) => void }): ReactNode {
  const t = useTranslations("admin.products");
  const locale = useLocale();
  const amount = (value: number) => formatNumber(locale, value, decimalsOf(value));
  return (
    <table className="d-table" data-cards>
      <thead>
        <tr>
          <th>{t("component")}</th>
          <th data-align="end">{t("perPart")}</th>
          <th data-align="end">{t("scrap")}</th>
          <th data-align="end">{t("perThousand")}</th>
          <th>{t("holds")}</th>
          {props.onChange !== undefined && <th data-align="end">{t("deed")}</th>}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((line) => (
          <tr key={`${line.materialId ?? line.componentId ?? ""} ${String(line.from)}`}>
            <td data-head={t("component")}>
              <span>
                {line.componentId === null ? (
                  <bdi className="font-semibold">{line.code}</bdi>
                ) : (
                  <Link
                    className="d-link font-semibold"
                    href={`/admin/products/${line.componentId}`}
                    prefetch={false}
                  >
                    <bdi>{line.code}</bdi>
                  </Link>
                )}{" "}
                <bdi className="text-ink-2">{line.name}</bdi>
              </span>
            </td>
            <td data-head={t("perPart")} data-align="end" className="whitespace-nowrap tabular-nums">
              <bdi>
                {amount(line.perPart)} {line.unit ?? t("pieces")}
              </bdi>
            </td>
            <td data-head={t("scrap")} data-align="end" className="tabular-nums">
              {line.scrapPercent === 0 ? "–" : t("percent", { value: amount(line.scrapPercent) })}
            </td>
            <td data-head={t("perThousand")} data-align="end" className="whitespace-nowrap tabular-nums">
              <bdi>
                {amount(neededFor(line, thousand))} {line.unit ?? t("pieces")}
              </bdi>
            </td>
            <td data-head={t("holds")}>
              <PeriodWords from={line.from} to={line.to} />
            </td>
            {props.onChange !== undefined && (
              <td data-head={t("deed")} data-align="end">
                <Button
                  size="small"
                  label={t("changeComponent", { component: line.code })}
                  onPress={() => props.onChange?.(line)}
                >
                  {t("change")}
                </Button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
