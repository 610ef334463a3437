"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { useSentence } from "#app/_lib/sentence.client.ts";
import { useRefusalWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { AlarmMark, type Priority } from "#app/_ui/alarm-mark.tsx";
import { Button, ButtonLink } from "#app/_ui/desk/button.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago, Countdown } from "#app/_ui/relative-time.client.tsx";
import type { AttentionItem, AttentionView } from "#server/execution/alarms/attention.contract.ts";

/** Where the one thing to do about it is done. */
function placeOf(item: AttentionItem): string {
  const machine = item.machine === null ? "/office" : `/office/machines/${item.machine.code}`;
  switch (item.target.kind) {
    case "adjustment":
      return `/office/approvals/${item.target.id}`;
    case "alarm":
      return `${machine}?alarm=${item.target.id}`;
    case "deviation":
      return `${machine}?deviation=${item.target.id}`;
    case "edge":
      return "/admin/house";
    case "machine":
      return machine;
  }
}

/** One ordered list of what needs a supervisor; Enter opens the row, arrows walk. */
export function AttentionList(props: { initial: AttentionView; scopes: readonly string[] }): ReactNode {
  const t = useTranslations("office");
  const { data, error, readAt, reread } = useRecord<AttentionView>({
    path: "/attention",
    initial: props.initial,
    scopes: props.scopes,
    everyMs: 15_000,
  });
  const list = useRef<HTMLOListElement>(null);
  const walk = (event: KeyboardEvent) => {
    const step =
      event.key === "ArrowDown" || event.key === "j"
        ? 1
        : event.key === "ArrowUp" || event.key === "k"
          ? -1
          : 0;
    if (step === 0) return;
    const links = [...(list.current?.querySelectorAll<HTMLElement>("a.d-button") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
    event.preventDefault();
  };
  const items = data?.items;
  return (
    <section className="d-panel flex min-h-0 flex-col" aria-labelledby="attention-title">
      <h1 id="attention-title" className="flex items-baseline gap-2 px-4 pt-3 text-lg font-semibold">
        {t("attention.title")}
        {items !== undefined && items.length > 0 && (
          <span className="d-chip" data-strong="true">
            {items.length}
          </span>
        )}
      </h1>
      {error !== null && (
        <div className="px-4">
          <Notice kind="error" title={t("attention.unread")}>
            <Ago at={readAt} />{" "}
            <button type="button" className="d-link" onClick={reread}>
              {t("again")}
            </button>
          </Notice>
        </div>
      )}
      {items === undefined && (
        <div className="p-4">
          <Skeleton lines={6} label={t("attention.loading")} />
        </div>
      )}
      {items?.length === 0 && (
        <Notice kind="clear" title={t("attention.clear")} filling>
          {t("attention.clearText")}
        </Notice>
      )}
      <ol ref={list} onKeyDown={walk} className="flex flex-col divide-y divide-hairline">
        {items?.map((item) => (
          <AttentionRow key={item.key} item={item} />
        ))}
      </ol>
    </section>
  );
}

function AttentionRow(props: { item: AttentionItem }): ReactNode {
  const { item } = props;
  const t = useTranslations("attention");
  const say = useSentence();
  const router = useRouter();
  const refusal = useRefusalWords();
  const why = item.whyNot === null ? null : refusal(item.whyNot);
  const href = placeOf(item);
  return (
    <li
      className="grid cursor-pointer grid-cols-[auto_1fr_auto] items-start gap-x-3 gap-y-0.5 px-4 py-2.5 hover:bg-band/40"
      onClick={() => router.push(href)}
    >
      <AlarmMark priority={item.urgency as Priority} label={t("urgency", { urgency: item.urgency })} />
      <div className="min-w-0">
        <p className="font-semibold">{say(item.title)}</p>
        <p className="text-ink-2">{say(item.text)}</p>
        <p className="text-sm text-ink-2">
          <Ago at={item.since} />
          {item.until !== null && (
            <span className="ms-3">
              {t("until")} <Countdown until={item.until} />
            </span>
          )}
          {why !== null && <span className="ms-3">{why}</span>}
        </p>
      </div>
      <span className="flex gap-1">
        {why !== null && (
          <Button size="small" why={why}>
            {t(`action.${item.action}`)}
          </Button>
        )}
        <ButtonLink
          href={href}
          tone={item.action === "decide" && why === null ? "primary" : "secondary"}
          size="small"
        >
          {t(`action.${why === null ? item.action : "look"}`)}
        </ButtonLink>
      </span>
    </li>
  );
}
