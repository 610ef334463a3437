"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { ToolPage } from "#server/execution/tools/tools.contract.ts";
import { partsPerCycle } from "#server/execution/tools/tools.rules.ts";

export interface OperationChoice {
  readonly productId: string;
  readonly code: string;
  readonly operation: string;
}

/** Which operations it can make, and how many parts a cycle of it makes there now. */
export function FitSection(props: {
  tool: ToolPage;
  operations: readonly OperationChoice[];
  onSaved: () => void;
}): ReactNode {
  const { tool } = props;
  const t = useTranslations("admin.tools");
  const [open, setOpen] = useState(false);
  return (
    <section className="d-panel min-w-0" aria-labelledby="fits">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4 pb-2">
        <h2 id="fits" className="text-lg font-semibold">
          {t("fits")}
        </h2>
        <Button why={props.operations.length === 0 ? t("routingFirst") : null} onPress={() => setOpen(true)}>
          {t("changeFits")}
        </Button>
      </div>
      {tool.fits.length === 0 ? (
        <Notice kind="empty" title={t("fitsNothing")} filling>
          {t("fitsNothingText")}
        </Notice>
      ) : (
        <table className="d-table" data-cards>
          <thead>
            <tr>
              <th>{t("product")}</th>
              <th>{t("operation")}</th>
              <th>{t("partsNow")}</th>
            </tr>
          </thead>
          <tbody>
            {tool.fits.map((fit) => (
              <tr key={`${fit.productId} ${fit.operation}`}>
                <td data-head={t("product")}>
                  <span>
                    <Link className="d-link" href={`/admin/products/${fit.productId}`} prefetch={false}>
                      {fit.productCode}
                    </Link>{" "}
                    <bdi className="text-ink-2">{fit.productName}</bdi>
                  </span>
                </td>
                <td data-head={t("operation")}>
                  <bdi>{fit.operation}</bdi>
                </td>
                <td data-head={t("partsNow")}>
                  {fit.standardParts === null ? (
                    <span className="text-ink-2">{t("noStandardHere")}</span>
                  ) : (
                    t("partsOfStandard", {
                      parts: partsPerCycle(fit.standardParts, tool.openCavities),
                      standard: fit.standardParts,
                    })
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {open && (
        <FitDialog
          tool={tool}
          operations={props.operations}
          onClose={() => {
            setOpen(false);
            props.onSaved();
          }}
        />
      )}
    </section>
  );
}

const keyOf = ({ productId, operation }: { productId: string; operation: string }) =>
  `${productId} ${operation}`;

function FitDialog(props: {
  tool: ToolPage;
  operations: readonly OperationChoice[];
  onClose: () => void;
}): ReactNode {
  const { tool, onClose } = props;
  const t = useTranslations("admin.tools");
  const command = useCommand<object, unknown>(`/tools/${tool.id}/fit`);
  // What it fits and no routing names now stays to be chosen: it may come back.
  const choices = [
    ...props.operations,
    ...tool.fits
      .filter((fit) => !props.operations.some((one) => keyOf(one) === keyOf(fit)))
      .map(({ productId, productCode, operation }) => ({ productId, code: productCode, operation })),
  ];
  const form = useForm({ defaultValues: { chosen: tool.fits.map(keyOf) } });
  const save = form.handleSubmit(async ({ chosen }) => {
    const operations = choices
      .filter((one) => chosen.includes(keyOf(one)))
      .map(({ productId, operation }) => ({ productId, operation }));
    if ((await command.run({ operations })) !== null) onClose();
  });
  return (
    <FormDialog
      title={t("fits")}
      word={t("save")}
      command={command}
      onSave={() => void save()}
      onClose={onClose}
    >
      <fieldset className="sm:col-span-2">
        <legend className="sr-only">{t("fits")}</legend>
        {choices.map((one) => (
          <label key={keyOf(one)} className="flex items-center gap-2 py-1">
            <input type="checkbox" value={keyOf(one)} className="size-4" {...form.register("chosen")} />
            <span>
              <bdi className="font-semibold">{one.code}</bdi> <bdi>{one.operation}</bdi>
            </span>
          </label>
        ))}
      </fieldset>
    </FormDialog>
  );
}
