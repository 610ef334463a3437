"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useGroupWords } from "#app/_lib/reason-words.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type {
  ReasonGroup,
  ReasonTree,
  ReasonUse,
  StopReasonRecord,
} from "#server/execution/reasons/reasons.contract.ts";
import { mostReasons, offeredByKind } from "#server/execution/reasons/reasons.rules.ts";
import { ImportButton } from "../_import/import-dialog.client.tsx";
import { GroupDialog } from "./group-dialog.client.tsx";
import { ReasonDialog } from "./reason-dialog.client.tsx";
import { ReasonList } from "./reason-list.client.tsx";

type Open =
  | { readonly what: "reason"; readonly reason: StopReasonRecord | null; readonly groupId: number | null }
  | { readonly what: "group"; readonly group: ReasonGroup | null };

/**
 * Why machines stand, as operators are offered it: headings and reasons, how each counts, what it was given for lately,
 * and how full the list of each kind of machine is.
 */
export function ReasonsPage(props: { initial: ReasonTree }): ReactNode {
  const t = useTranslations("admin.reasons");
  const wrong = useErrorWords();
  const groupName = useGroupWords();
  const [open, setOpen] = useState<Open | null>(null);
  const about = { scopes: ["plant"], topics: ["reason."] };
  const tree = useRecord<ReasonTree>({ path: "/stop-reasons", initial: props.initial, ...about });
  const used = useRecord<readonly ReasonUse[]>({ path: "/stop-reasons/use", ...about });
  const { groups, reasons, kinds } = tree.data ?? props.initial;
  const use = new Map(used.data?.map((one) => [one.reasonId, one]));
  const change = useCommand<object, unknown>("/stop-reasons");
  const reread = () => {
    tree.reread();
    used.reread();
  };
  const act = (path: string, body: object) => void change.run(body, path).then(reread);
  const shown = open?.what === "reason" ? reasons.find(({ id }) => id === open.reason?.id) : undefined;
  const shownGroup = open?.what === "group" ? groups.find(({ id }) => id === open.group?.id) : undefined;
  const list = (own: readonly StopReasonRecord[]) => (
    <ReasonList
      reasons={own}
      use={used.data === undefined ? null : use}
      busy={change.busy}
      onOpen={(reason) => setOpen({ what: "reason", reason, groupId: reason.groupId })}
      onUse={(reason) => act(`/stop-reasons/${String(reason.id)}`, { active: !reason.active })}
    />
  );
  const active = reasons.filter((reason) => reason.active);
  const away = reasons.filter((reason) => !reason.active);
  const loose = active.filter((reason) => reason.groupId === null);
  return (
    <>
      <header className="d-panel flex flex-col gap-3 p-4">
        <div className="flex flex-wrap items-start gap-3">
          <div className="max-w-3xl">
            <h1 className="text-lg font-semibold">{t("title")}</h1>
            <p className="text-ink-2">{t("text")}</p>
          </div>
          <div className="ms-auto flex flex-wrap gap-2">
            <ImportButton kinds={["reasons"]} onStored={tree.reread} />
            <Button onPress={() => setOpen({ what: "group", group: null })}>{t("addGroup")}</Button>
            <Button
              tone="primary"
              onPress={() => setOpen({ what: "reason", reason: null, groupId: groups[0]?.id ?? null })}
            >
              {t("add")}
            </Button>
          </div>
        </div>
        <Fullness counts={offeredByKind(reasons, kinds)} />
      </header>
      {tree.error !== null && <Notice kind="error" title={t("unread")} />}
      {used.error !== null && <Notice kind="error" title={t("useUnread")} />}
      {change.state.phase === "wrong" && <Notice kind="error" title={wrong(change.state.error)} />}
      {active.length === 0 && groups.length === 0 && (
        <Notice kind="empty" title={t("none")} filling>
          {t("noneText")}
        </Notice>
      )}
      {groups.map((group, place) => {
        const own = active.filter((reason) => reason.groupId === group.id);
        const move = (to: number) => act(`/stop-reason-groups/${String(group.id)}/move`, { to });
        return (
          <section key={group.id} className="d-panel [&_table]:table-fixed" aria-label={groupName(group)}>
            <div className="flex flex-wrap items-center gap-2 p-4 pb-2">
              <h2 className="me-auto font-semibold">
                <bdi>{groupName(group)}</bdi>
              </h2>
              <Button
                size="small"
                tone="quiet"
                label={t("up", { name: groupName(group) })}
                why={place === 0 ? t("isFirst") : null}
                onPress={() => move(place - 1)}
              >
                ↑
              </Button>
              <Button
                size="small"
                tone="quiet"
                label={t("down", { name: groupName(group) })}
                why={place === groups.length - 1 ? t("isLast") : null}
                onPress={() => move(place + 1)}
              >
                ↓
              </Button>
              <Button size="small" onPress={() => setOpen({ what: "group", group })}>
                {t("changeGroup")}
              </Button>
              <Button
                size="small"
                onPress={() => setOpen({ what: "reason", reason: null, groupId: group.id })}
              >
                {t("addHere")}
              </Button>
            </div>
            {own.length === 0 ? <p className="px-4 pb-4 text-ink-2">{t("emptyGroup")}</p> : list(own)}
          </section>
        );
      })}
      {loose.length > 0 && (
        <section className="d-panel [&_table]:table-fixed" aria-label={t("loose")}>
          <h2 className="p-4 pb-2 font-semibold">{t("loose")}</h2>
          {list(loose)}
        </section>
      )}
      <Unsaid use={used.data?.find(({ reasonId }) => reasonId === null)} />
      {away.length > 0 && (
        <details className="d-panel">
          <summary className="cursor-pointer p-4 font-semibold">{t("away", { count: away.length })}</summary>
          <p className="px-4 pb-2 text-ink-2">{t("awayText")}</p>
          {list(away)}
        </details>
      )}
      {open?.what === "reason" && (open.reason === null || shown !== undefined) && (
        <ReasonDialog
          reason={shown ?? null}
          groupId={open.groupId}
          groups={groups}
          kinds={kinds}
          onReread={reread}
          onClose={() => {
            setOpen(null);
            reread();
          }}
        />
      )}
      {open?.what === "group" && (open.group === null || shownGroup !== undefined) && (
        <GroupDialog
          group={shownGroup ?? null}
          inUse={active.filter(({ groupId }) => groupId === open.group?.id).length}
          onReread={reread}
          onClose={() => {
            setOpen(null);
            reread();
          }}
        />
      )}
    </>
  );
}

/** How full the list is that an operator of each kind of machine reads. */
function Fullness(props: { counts: ReadonlyMap<string, number> }): ReactNode {
  const t = useTranslations("admin.reasons");
  if (props.counts.size === 0) return null;
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-2" aria-label={t("fullness")}>
      {[...props.counts].map(([kind, count]) => (
        <div key={kind} className="min-w-32">
          <dt className="text-sm text-ink-2">
            <bdi>{kind}</bdi>
          </dt>
          <dd className={count >= mostReasons ? "font-semibold" : ""}>
            {t("of", { count, most: mostReasons })}
            <div className="mt-1 h-2 border border-line bg-canvas" aria-hidden="true">
              <div
                className={`h-full ${count >= mostReasons ? "bg-ink" : "bg-filled"}`}
                style={{ inlineSize: `${String((count / mostReasons) * 100)}%` }}
              />
            </div>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Stopped time of which nobody said why: as long as it is large, the list does not fit the floor. */
function Unsaid(props: { use: ReasonUse | undefined }): ReactNode {
  const t = useTranslations("admin.reasons");
  if (props.use === undefined) return null;
  const { stops, ms } = props.use;
  return <p className="px-1 text-ink-2">{t("unsaid", { stops, hours: Math.round(ms / 360_000) / 10 })}</p>;
}
