"use client";

import Link from "next/link";
import { useLocale, useTimeZone, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { toLocalInput } from "#app/_lib/local-time.ts";
import { isolated } from "#app/_lib/i18n/isolate.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { useNow } from "#app/_live/now.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { LotStock, MaterialView } from "#server/execution/materials/materials.contract.ts";
import { BillDialog, MaterialDialog } from "./material-dialog.client.tsx";
import { HoldDialog } from "./hold-dialog.client.tsx";
import { ReceiveDialog } from "./receive-dialog.client.tsx";

export interface ProductName {
  readonly id: string;
  readonly code: string;
  readonly name: string;
}

const hour = 3_600_000;
/** As exactly as people weigh: up to three decimals, none where there are none. */
const amount = (locale: string, value: number) =>
  formatNumber(locale, value, Number.isInteger(value) ? 0 : Number.isInteger(value * 10) ? 1 : 3);

/** Lots in the house: what is left of each, where it went, and which must not be used. */
export function MaterialsPage(props: {
  show: "open" | "all";
  initial: readonly LotStock[];
  materials: readonly MaterialView[];
  products: readonly ProductName[];
  scopes: readonly string[];
  whyNotReceive: string | null;
  whyNotHold: string | null;
  whyNotMaterial: string | null;
}): ReactNode {
  const t = useTranslations("materials");
  const locale = useLocale();
  const [open, setOpen] = useState<"receive" | "material" | "bill" | LotStock | null>(null);
  const { data, error, reread } = useRecord<readonly LotStock[]>({
    path: `/lots/stock?show=${props.show}`,
    initial: props.initial,
    scopes: props.scopes,
    topics: ["lot.", "job.", "correction.", "material."],
    everyMs: 30_000,
  });
  const materials = useRecord<readonly MaterialView[]>({
    path: "/materials",
    initial: props.materials,
    scopes: props.scopes,
    topics: ["material."],
  });
  const close = () => {
    setOpen(null);
    reread();
    materials.reread();
  };
  const columns: readonly Column<LotStock>[] = [
    {
      key: "lot",
      head: t("lot"),
      value: (l) => l.code,
      cell: (l) => (
        <>
          <bdi className="font-semibold">{l.code}</bdi>
          {l.supplierLot !== null && (
            <span className="block text-ink-2">{t("supplierLotIs", { lot: l.supplierLot })}</span>
          )}
        </>
      ),
    },
    { key: "name", head: t("material"), value: (l) => l.name, cell: (l) => <bdi>{l.name}</bdi> },
    {
      key: "state",
      head: t("state"),
      value: (l) => t(`is.${l.disposition}`),
      cell: (l) => <State lot={l} />,
    },
    {
      key: "left",
      head: t("left"),
      align: "end",
      value: (l) => l.quantity,
      cell: (l) => (
        <span className="tabular-nums">
          {t(
            "leftOf",
            isolated(
              {
                left: amount(locale, l.quantity),
                received: `${amount(locale, l.received)} ${l.unit ?? t("pieces")}`,
              },
              locale,
            ),
          )}
        </span>
      ),
    },
    {
      key: "uses",
      head: t("usedBy"),
      value: (l) => l.uses.map((use) => use.orderCode).join(" "),
      cell: (l) => <Uses lot={l} />,
    },
    {
      key: "received",
      head: t("receivedAt"),
      value: (l) => l.receivedAt,
      cell: (l) => (l.receivedAt === null ? "–" : <PlantTime at={l.receivedAt} day />),
    },
    {
      key: "location",
      head: t("location"),
      value: (l) => l.location,
      cell: (l) => <bdi>{l.location ?? "–"}</bdi>,
    },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (l) => (
        <Button
          size="small"
          why={props.whyNotHold}
          label={t(l.hold === null ? "blockLot" : "releaseLot", { lot: l.code })}
          onPress={() => setOpen(l)}
        >
          {t(l.hold === null ? "block" : "release")}
        </Button>
      ),
    },
  ];
  return (
    <>
      <div className="flex flex-wrap gap-2">
        <Button
          tone="primary"
          why={
            props.whyNotReceive ??
            ((materials.data ?? []).length + props.products.length === 0 ? t("materialFirst") : null)
          }
          onPress={() => setOpen("receive")}
        >
          {t("receive")}
        </Button>
        <Button why={props.whyNotMaterial} onPress={() => setOpen("material")}>
          {t("newMaterial")}
        </Button>
        <Button
          why={
            props.whyNotMaterial ??
            ((materials.data ?? []).length === 0 || props.products.length === 0 ? t("materialFirst") : null)
          }
          onPress={() => setOpen("bill")}
        >
          {t("bill")}
        </Button>
      </div>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <section className="d-panel min-w-0">
        <DataTable
          name="lots"
          caption={t("title")}
          columns={columns}
          rows={data}
          rowKey={(l) => l.id}
          empty={
            <Notice kind="empty" title={t("none")} filling>
              {t("noneText")}
            </Notice>
          }
        />
      </section>
      {open === "receive" && (
        <ReceiveDialog materials={materials.data ?? []} products={props.products} onClose={close} />
      )}
      {open === "material" && <MaterialDialog onClose={close} />}
      {open === "bill" && (
        <BillDialog materials={materials.data ?? []} products={props.products} onClose={close} />
      )}
      {open !== null && typeof open === "object" && <HoldDialog lot={open} onClose={close} />}
    </>
  );
}

function State(props: { lot: LotStock }): ReactNode {
  const { lot } = props;
  const t = useTranslations("materials");
  const zone = useTimeZone() ?? "UTC";
  const today = toLocalInput(useNow(hour), zone).slice(0, 10);
  const expired = lot.expiresOn !== null && lot.expiresOn < today;
  return (
    <>
      <span className="d-chip" data-strong={lot.hold !== null}>
        {t(`is.${lot.disposition}`)}
      </span>
      {lot.hold !== null && (
        <span className="block text-ink-2">
          <bdi>{lot.hold.reason}</bdi>
        </span>
      )}
      {lot.expiresOn !== null && (
        <span className={`block ${expired ? "font-semibold" : "text-ink-2"}`}>
          {t(expired ? "expired" : "expires", { day: lot.expiresOn })}
        </span>
      )}
    </>
  );
}

/** The newest jobs that had it, with what each used. */
function Uses(props: { lot: LotStock }): ReactNode {
  const t = useTranslations("materials");
  const locale = useLocale();
  const { uses, unit } = props.lot;
  if (uses.length === 0) return <span className="text-ink-2">{t("unused")}</span>;
  return (
    <ul>
      {uses.slice(0, 4).map((use) => (
        <li key={`${use.runId}${use.role}`}>
          <Link className="d-link" href={`/office/orders/${use.orderId}`} prefetch={false}>
            <bdi>{use.orderCode}</bdi>
          </Link>{" "}
          <bdi className="text-ink-2">{use.machineCode}</bdi> {use.role === "out" && t("cameOut")}
          {use.role === "in" && use.quantity !== null && (
            <bdi>
              {amount(locale, use.quantity)} {unit ?? ""}
            </bdi>
          )}{" "}
          {use.role === "in" && use.end === null && <span className="text-ink-2">{t("isOn")}</span>}
        </li>
      ))}
      {uses.length > 4 && <li className="text-ink-2">{t("more", { count: uses.length - 4 })}</li>}
    </ul>
  );
}
