"use client";

import { MoveRight, Undo2 } from "lucide-react";
import { useLocale, useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords, useRefusalWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { ActorName } from "#app/_ui/actor-name.tsx";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { HistoryEntry } from "#server/core/history.contract.ts";
import type { RefusalView } from "#server/core/refusal.contract.ts";
import { plainValue } from "./values.ts";

/** How a page says a value that only it understands, e.g. the line of an id; undefined = as everywhere. */
export type SayValue = (field: string, value: unknown) => string | undefined;
/** How a page names a field that only it understands; undefined = as everywhere. */
export type NameField = (field: string) => string | undefined;

/**
 * What happened to one record, newest first: which field went from what to what, who did it and when. Each change that
 * can be taken back has its *Undo*; one that cannot keeps the button and says why.
 */
export function History(props: {
  objectType: string;
  objectId: string | number;
  say?: SayValue;
  nameField?: NameField;
  /** After something was taken back, so that the page reads its record anew. */
  onUndone?: () => void;
}): ReactNode {
  const t = useTranslations("admin.history");
  const wrong = useErrorWords();
  const { data, error, loading, reread } = useRecord<readonly HistoryEntry[]>({
    path: `/history?objectType=${props.objectType}&objectId=${encodeURIComponent(props.objectId)}`,
    scopes: ["plant"],
  });
  const undo = useCommand<{ auditSeq: number }, object>("/history/undo");
  const take = async (auditSeq: number) => {
    const done = await undo.run({ auditSeq });
    reread();
    if (done !== null) props.onUndone?.();
  };
  return (
    <section aria-label={t("title")} className="flex flex-col gap-2">
      <h3 className="font-semibold">{t("title")}</h3>
      {undo.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(undo.state.error)}
        </p>
      )}
      {undo.state.phase === "done" && <p role="status">{t("undone")}</p>}
      {loading && <Skeleton lines={3} label={t("loading")} />}
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {data?.length === 0 && <Notice kind="empty" title={t("none")} />}
      {data !== undefined && data.length > 0 && (
        <ol className="flex flex-col divide-y divide-hairline">
          {data.map((entry) => (
            <Entry
              key={entry.seq}
              entry={entry}
              undone={data.some((later) => later.undoes === entry.seq)}
              busy={undo.busy}
              onUndo={() => void take(entry.seq)}
              {...(props.say === undefined ? {} : { say: props.say })}
              {...(props.nameField === undefined ? {} : { nameField: props.nameField })}
            />
          ))}
        </ol>
      )}
    </section>
  );
}

function Entry(props: {
  entry: HistoryEntry;
  undone: boolean;
  busy: boolean;
  onUndo: () => void;
  say?: SayValue;
  nameField?: NameField;
}): ReactNode {
  const { entry, undone, say } = props;
  const t = useTranslations("admin.history");
  const actions = useTranslations("auditAction");
  const words = useRefusalWords();
  const key = entry.action.replaceAll(".", "_");
  // What nobody can ever take back needs no button that says so on every line.
  const offers = entry.whyNot?.code !== "not_undoable";
  return (
    <li className="flex items-start justify-between gap-3 py-2">
      <div className={`min-w-0 ${undone ? "text-ink-2" : ""}`}>
        <p className="text-sm text-ink-2">
          <PlantTime at={entry.at} day /> · <ActorName actor={entry.actor} />
        </p>
        <p className="font-semibold">
          {actions.has(key) ? actions(key) : entry.action}
          {undone && <span className="d-chip ms-2">{t("takenBack")}</span>}
        </p>
        <ul>
          {entry.changes.map(({ field, from, to }) => (
            <li key={field} className="flex flex-wrap items-baseline gap-x-1.5">
              <span className="text-ink-2">
                <FieldName field={field} name={props.nameField?.(field)} />
              </span>
              {from !== null && (
                <>
                  <Value field={field} value={from} {...(say === undefined ? {} : { say })} />
                  <MoveRight
                    className="size-3.5 flex-none self-center rtl:-scale-x-100"
                    aria-label={t("became")}
                  />
                </>
              )}
              <span className="font-semibold">
                <Value field={field} value={to} {...(say === undefined ? {} : { say })} />
              </span>
            </li>
          ))}
        </ul>
        {entry.reason !== null && (
          <p className="text-ink-2">
            <bdi>{entry.reason}</bdi>
          </p>
        )}
      </div>
      {offers && !undone && (
        <Button
          size="small"
          busy={props.busy}
          why={entry.whyNot === null ? null : words(entry.whyNot as RefusalView)}
          onPress={props.onUndo}
        >
          <Undo2 className="size-4" aria-hidden="true" /> {t("undo")}
        </Button>
      )}
    </li>
  );
}

function FieldName(props: { field: string; name: string | undefined }): ReactNode {
  const t = useTranslations("admin.field");
  if (props.name !== undefined) return <bdi>{props.name}</bdi>;
  return t.has(props.field) ? t(props.field) : <bdi>{props.field}</bdi>;
}

function Value(props: { field: string; value: unknown; say?: SayValue }): ReactNode {
  const t = useTranslations("admin.history");
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const { field, value } = props;
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  return <bdi>{props.say?.(field, value) ?? plainValue(field, value, locale, timeZone)}</bdi>;
}
