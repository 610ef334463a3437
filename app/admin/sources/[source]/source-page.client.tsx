"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type { EnrolmentCodeView, SourceView } from "#server/execution/sources/sources.contract.ts";
import { EnrolmentCode } from "../enrolment-code.client.tsx";
import { SourceForm } from "../source-form.client.tsx";
import { NewMetrics } from "./new-metrics.client.tsx";
import { SourceHead } from "./source-head.client.tsx";
import { TrustPanel } from "./trust-panel.client.tsx";
import { TagTable } from "./tag-table.client.tsx";

/** What drivers hand their devices a token for; the others log in at the machine. */
const withToken: ReadonlySet<string> = new Set(["socketio", "mqtt", "sparkplug"]);

interface Machine {
  readonly id: number;
  readonly code: string;
  readonly name: string;
}

/** One source: how it is, what is new there, and what becomes of what it says. */
export function SourcePage(props: { sourceId: number; machines: readonly Machine[] }): ReactNode {
  const { sourceId, machines } = props;
  const t = useTranslations("admin.sources");
  const wrong = useErrorWords();
  const path = `/sources/${String(sourceId)}`;
  const sources = useRecord<readonly SourceView[]>({
    path: "/sources",
    scopes: ["plant"],
    topics: ["tags.", "metric."],
    everyMs: 3000,
  });
  const change = useCommand<object, unknown>(path);
  const give = useCommand<object, EnrolmentCodeView>(`${path}/code`);
  const revoke = useCommand<object, unknown>(`${path}/revoke`);
  const [editing, setEditing] = useState(false);
  const [code, setCode] = useState<EnrolmentCodeView | null>(null);
  const source = sources.data?.find(({ id }) => id === sourceId);
  if (sources.data === undefined && sources.error === null)
    return <Skeleton lines={8} label={t("loading")} />;
  if (source === undefined)
    return <Notice kind="error" title={t(sources.error === null ? "gone" : "unread")} />;
  const bad = [give.state, revoke.state].find(({ phase }) => phase === "wrong");
  return (
    <>
      <SourceHead source={source}>
        <Button onPress={() => setEditing(!editing)} pressed={editing}>
          {t("changeSource")}
        </Button>
        <Button
          busy={change.busy}
          onPress={() => void change.run({ enabled: !source.enabled }).then(sources.reread)}
        >
          {t(source.enabled ? "putAway" : "takeUp")}
        </Button>
        {withToken.has(source.driver) && (
          <>
            <Button busy={give.busy} onPress={() => void give.run({}).then(setCode)}>
              {t(source.hasToken ? "rotate" : "giveCode")}
            </Button>
            {source.hasToken && (
              <Button busy={revoke.busy} onPress={() => void revoke.run({}).then(sources.reread)}>
                {t("revoke")}
              </Button>
            )}
          </>
        )}
      </SourceHead>
      {bad?.phase === "wrong" && <Notice kind="error" title={wrong(bad.error)} />}
      {editing && (
        <section className="d-panel p-4" aria-label={t("changeSource")}>
          <SourceForm
            edges={[]}
            source={source}
            saving={change.state}
            onSave={({ config }) =>
              void change.run({ config }).then((done) => {
                if (done === null) return;
                setEditing(false);
                sources.reread();
              })
            }
          />
        </section>
      )}
      <TrustPanel source={source} onChanged={sources.reread} />
      <NewMetrics source={source} machines={machines} />
      <TagTable source={source} machines={machines} />
      {code !== null && (
        <EnrolmentCode
          code={code}
          kind="source"
          onClose={() => {
            setCode(null);
            sources.reread();
          }}
        />
      )}
    </>
  );
}
