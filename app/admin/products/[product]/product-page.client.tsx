"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { DefinitionView } from "#server/execution/orders/definition.contract.ts";
import { History } from "../../_history/history.client.tsx";
import { BillSection } from "./bill-section.client.tsx";
import type { Choices } from "./choices.ts";
import { useDefinitionWords } from "./history-words.client.ts";
import { CopyDialog, NameDialog } from "./product-dialogs.client.tsx";
import { RoutingSection } from "./routing-section.client.tsx";
import { StandardSection } from "./standard-section.client.tsx";

/** How a product is made, how fast, and of what: what holds now first, with what was and what comes. */
export function ProductPage(props: Choices & { initial: DefinitionView }): ReactNode {
  const { initial, ...choices } = props;
  const t = useTranslations("admin.products");
  const words = useDefinitionWords(choices);
  const [open, setOpen] = useState<"name" | "copy" | null>(null);
  const {
    data: product = initial,
    error,
    reread,
  } = useRecord<DefinitionView>({
    path: `/products/${initial.id}`,
    initial,
    scopes: ["plant"],
    topics: ["product.", "material.", "tool.", "order."],
  });
  const close = () => {
    setOpen(null);
    reread();
  };
  return (
    <>
      <header className="d-panel flex flex-wrap items-center gap-x-8 gap-y-3 p-4">
        <div className="min-w-0">
          <p className="text-sm text-ink-2">
            <Link className="d-link" href="/admin/products" prefetch={false}>
              {t("title")}
            </Link>
          </p>
          <h1 className="text-2xl font-semibold">
            <bdi>{product.code}</bdi> <bdi className="font-normal">{product.name}</bdi>
          </h1>
          {product.usedIn.length > 0 && (
            <p className="text-ink-2">
              {t("usedIn")}{" "}
              {product.usedIn.map((one) => (
                <Link
                  key={one.productId}
                  className="d-link me-2"
                  href={`/admin/products/${one.productId}`}
                  prefetch={false}
                >
                  <bdi>{one.code}</bdi>
                </Link>
              ))}
            </p>
          )}
        </div>
        <div className="ms-auto flex flex-wrap gap-2">
          <Button onPress={() => setOpen("name")}>{t("rename")}</Button>
          <Button
            why={choices.products.length < 2 ? t("copyNeedsTwo") : null}
            onPress={() => setOpen("copy")}
          >
            {t("copyFrom")}
          </Button>
        </div>
      </header>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <RoutingSection product={product} choices={choices} onSaved={reread} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <StandardSection product={product} machines={choices.machines} onSaved={reread} />
        <BillSection product={product} choices={choices} onSaved={reread} />
      </div>
      <section className="d-panel p-4">
        <History
          objectType="product"
          objectId={product.id}
          say={words.say}
          nameField={words.nameField}
          onUndone={reread}
        />
      </section>
      {open === "name" && <NameDialog product={product} onClose={close} />}
      {open === "copy" && <CopyDialog product={product} products={choices.products} onClose={close} />}
    </>
  );
}
