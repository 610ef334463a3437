"use client";

import { useTranslations } from "next-intl";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type { EdgeView } from "#server/execution/sources/sources.contract.ts";
import { SourceForm } from "../source-form.client.tsx";

/** Adds a source; afterwards its own page shows what it says. */
export function NewSource(): ReactNode {
  const t = useTranslations("admin.sources");
  const router = useRouter();
  const edges = useRecord<readonly EdgeView[]>({ path: "/edges", scopes: ["plant"] });
  const add = useCommand<object, { sourceId: number }>("/sources");
  return (
    <section className="d-panel mx-auto flex w-full max-w-5xl flex-col gap-4 p-4">
      <header>
        <h1 className="text-lg font-semibold">{t("add")}</h1>
        <p className="text-ink-2">{t("addText")}</p>
      </header>
      {edges.error !== null && <Notice kind="error" title={t("unread")} />}
      {edges.data === undefined ? (
        <Skeleton lines={6} label={t("loading")} />
      ) : (
        <SourceForm
          edges={edges.data}
          source={null}
          saving={add.state}
          onSave={(draft) =>
            void add.run(draft).then((made) => {
              if (made !== null) router.push(`/admin/sources/${String(made.sourceId)}`);
            })
          }
        />
      )}
    </section>
  );
}
