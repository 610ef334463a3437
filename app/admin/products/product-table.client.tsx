"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { TextField } from "#app/_ui/desk/field.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type { ProductSummary } from "#server/execution/orders/definition.contract.ts";
import { ImportButton } from "../_import/import-dialog.client.tsx";

/** What the plant makes, and what is said of each; what nobody said yet stands out as such. */
export function ProductTable(props: { initial: readonly ProductSummary[] }): ReactNode {
  const t = useTranslations("admin.products");
  const [adding, setAdding] = useState(false);
  const { data, error, reread } = useRecord<readonly ProductSummary[]>({
    path: "/products/overview",
    initial: props.initial,
    scopes: ["plant"],
    topics: ["product.", "material."],
  });
  const listed = (values: readonly string[], none: string, between: string) =>
    values.length === 0 ? <span className="text-ink-2">{none}</span> : <bdi>{values.join(between)}</bdi>;
  const columns: readonly Column<ProductSummary>[] = [
    {
      key: "code",
      head: t("code"),
      value: (p) => p.code,
      cell: (p) => (
        <Link className="d-link font-semibold" href={`/admin/products/${p.id}`} prefetch={false}>
          <bdi>{p.code}</bdi>
        </Link>
      ),
    },
    { key: "name", head: t("name"), value: (p) => p.name, cell: (p) => <bdi>{p.name}</bdi> },
    {
      key: "routing",
      head: t("routing"),
      value: (p) => p.operations.join(" › "),
      cell: (p) => listed(p.operations, t("noRouting"), " › "),
    },
    {
      key: "standards",
      head: t("timedOn"),
      value: (p) => p.machines.join(", "),
      cell: (p) => listed(p.machines, t("noStandard"), ", "),
    },
    {
      key: "bill",
      head: t("bill"),
      value: (p) => p.components.join(", "),
      cell: (p) => listed(p.components, t("noBill"), ", "),
    },
  ];
  return (
    <section className="d-panel">
      <div className="flex items-center justify-between gap-3 p-4 pb-2">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <div className="flex flex-wrap justify-end gap-2">
          <ImportButton kinds={["products", "routings", "bills"]} onStored={reread} />
          <Button tone="primary" onPress={() => setAdding(true)}>
            {t("add")}
          </Button>
        </div>
      </div>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <DataTable
        name="products"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(p) => p.id}
        loading={<Skeleton lines={6} label={t("loading")} />}
        empty={
          <Notice kind="empty" title={t("none")} filling>
            {t("noneText")}
          </Notice>
        }
      />
      {adding && (
        <AddProduct
          onClose={() => {
            setAdding(false);
            reread();
          }}
        />
      )}
    </section>
  );
}

function AddProduct(props: { onClose: () => void }): ReactNode {
  const t = useTranslations("admin.products");
  const command = useCommand<object, unknown>("/products");
  const form = useForm({ defaultValues: { code: "", name: "" } });
  const save = form.handleSubmit(async (fields) => {
    if ((await command.run(fields)) !== null) props.onClose();
  });
  const { errors } = form.formState;
  const needed = { required: t("required") };
  return (
    <FormDialog
      title={t("add")}
      word={t("addIt")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <TextField
        label={t("code")}
        hint={t("codeHint")}
        {...form.register("code", { ...needed, maxLength: 40 })}
        problem={errors.code?.message}
      />
      <TextField
        label={t("name")}
        {...form.register("name", { ...needed, maxLength: 128 })}
        problem={errors.name?.message}
      />
    </FormDialog>
  );
}
