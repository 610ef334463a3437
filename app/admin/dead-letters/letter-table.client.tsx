"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { LetterGroup } from "#server/execution/ingest/dead-letters.contract.ts";
import { mendOf, reasonKey } from "./reasons.ts";
import { DiscardDialog } from "./discard-dialog.client.tsx";

/** Most letters one command takes; a larger group is worked off in several. */
const atOnce = 2000;

/** What could not be stored, in groups: mend what was wrong and store it after all, or put it away with a reason. */
export function LetterTable(props: { initial: readonly LetterGroup[] }): ReactNode {
  const t = useTranslations("admin.letters");
  const wrong = useErrorWords();
  const { data, error, reread } = useRecord<readonly LetterGroup[]>({
    path: "/dead-letters/groups",
    initial: props.initial,
    scopes: ["plant"],
    topics: ["tags."],
    everyMs: 10_000,
  });
  const replay = useCommand<object, { replayed: number; still: number }>("/dead-letters/replay");
  const [discarding, setDiscarding] = useState<LetterGroup | null>(null);
  const [done, setDone] = useState<{ replayed: number; still: number } | null>(null);

  async function again(group: LetterGroup): Promise<void> {
    let replayed = 0;
    let still = 0;
    for (let from = 0; from < group.ids.length; from += atOnce) {
      const answer = await replay.run({ ids: group.ids.slice(from, from + atOnce) });
      if (answer === null) break;
      replayed += answer.replayed;
      still += answer.still;
    }
    setDone({ replayed, still });
    reread();
  }

  const columns: readonly Column<LetterGroup>[] = [
    {
      key: "what",
      head: t("what"),
      value: (g) => g.tagName ?? g.metric ?? t("frame"),
      cell: (g) => <What group={g} />,
    },
    {
      key: "reason",
      head: t("why"),
      value: (g) => t(reasonKey(g.reason)),
      cell: (g) => (
        <span className="flex max-w-96 flex-col">
          <span className="font-semibold">{t(reasonKey(g.reason))}</span>
          <span className="text-sm text-ink-2">{t(`mend.${mendOf(g.reason)}`)}</span>
        </span>
      ),
    },
    { key: "times", head: t("times"), align: "end", value: (g) => g.times },
    { key: "last", head: t("last"), value: (g) => g.lastSeen, cell: (g) => <Ago at={g.lastSeen} /> },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (g) => (
        <span className="flex flex-wrap gap-1">
          {g.sourceId !== null && (
            <Link
              className="d-button"
              data-size="small"
              href={`/admin/sources/${String(g.sourceId)}`}
              prefetch={false}
            >
              {t("toSource")}
            </Link>
          )}
          <Button
            size="small"
            busy={replay.busy}
            why={g.replayable ? null : t("notReplayable")}
            onPress={() => void again(g)}
          >
            {t("replay")}
          </Button>
          <Button size="small" onPress={() => setDiscarding(g)}>
            {t("discard")}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <section className="d-panel">
      <header className="p-4 pb-2">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <p className="text-ink-2">{t("text")}</p>
      </header>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {replay.state.phase === "wrong" && <Notice kind="error" title={wrong(replay.state.error)} />}
      {done !== null && (
        <p role="status" className="px-4 pb-2 font-semibold">
          {t("done", done)}
        </p>
      )}
      <DataTable
        name="dead-letters"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(g) => g.key}
        loading={<Skeleton lines={5} label={t("loading")} />}
        empty={
          <Notice kind="clear" title={t("none")} filling>
            {t("noneText")}
          </Notice>
        }
      />
      {discarding !== null && (
        <DiscardDialog
          group={discarding}
          onClose={(discarded) => {
            setDiscarding(null);
            if (discarded) reread();
          }}
        />
      )}
    </section>
  );
}

function What({ group }: { group: LetterGroup }): ReactNode {
  const t = useTranslations("admin.letters");
  const { tagName, metric, machineCode, edgeCode, example } = group;
  return (
    <div className="max-w-lg">
      <bdi className="font-semibold break-all">{tagName ?? metric ?? t("frame")}</bdi>
      <span className="block text-sm text-ink-2">
        <bdi>{[machineCode, edgeCode].filter((part) => part !== null).join(" · ")}</bdi>
      </span>
      <details>
        <summary className="cursor-pointer text-sm">{t("example")}</summary>
        <pre
          className="max-h-40 overflow-auto rounded border border-hairline bg-band/50 p-2 text-xs break-all whitespace-pre-wrap"
          dir="ltr"
        >
          {example}
        </pre>
      </details>
    </div>
  );
}
