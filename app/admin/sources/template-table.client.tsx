"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type { TagTemplateView } from "#server/execution/tags/templates.contract.ts";
import { TemplateRow } from "./template-row.client.tsx";

/** What the machines of a class have in common. A change here reaches every tag that follows it. */
export function TemplateTable(): ReactNode {
  const t = useTranslations("admin.sources");
  const wrong = useErrorWords();
  const { data, error, reread } = useRecord<readonly TagTemplateView[]>({
    path: "/tag-templates",
    scopes: ["plant"],
    topics: ["tags."],
  });
  const drop = useCommand<object, unknown>("/tag-templates");
  if (data === undefined && error === null) return <Skeleton lines={4} label={t("loading")} />;
  return (
    <div className="flex flex-col gap-4 p-4">
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {drop.state.phase === "wrong" && <Notice kind="error" title={wrong(drop.state.error)} />}
      {data?.length === 0 && (
        <Notice kind="empty" title={t("noTemplates")} filling>
          {t("noTemplatesText")}
        </Notice>
      )}
      {data?.map((template) => (
        <section key={template.id} aria-label={template.name}>
          <div className="flex flex-wrap items-center justify-between gap-2">
            <h2 className="font-semibold">
              <bdi>{template.name}</bdi> <bdi className="text-ink-2">{template.kind}</bdi>
            </h2>
            <Button
              size="small"
              busy={drop.busy}
              onPress={() => void drop.run({}, `/tag-templates/${String(template.id)}/drop`).then(reread)}
            >
              {t("dropTemplate")}
            </Button>
          </div>
          <table className="d-table" data-cards>
            <caption className="sr-only">{template.name}</caption>
            <thead>
              <tr>
                {(
                  ["metric", "name", "meaning", "unit", "limits", "deadband", "followers", "deed"] as const
                ).map((head) => (
                  <th key={head}>{t(head)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {template.rows.map((row) => (
                <TemplateRow key={row.id} row={row} onSaved={reread} />
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}
