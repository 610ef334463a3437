"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useSentence } from "#app/_lib/sentence.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { AlarmMark } from "#app/_ui/alarm-mark.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { AlarmCard } from "#server/execution/alarms/alarms.contract.ts";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";

/** The machine's open alarms as cards; who took them, the likely cause, and what answers them. */
export function MachineAlarms(props: { machine: MachineView; initial: readonly AlarmCard[] }): ReactNode {
  const t = useTranslations("office.machine");
  const { data = props.initial } = useRecord<readonly AlarmCard[]>({
    path: `/alarms?machine=${props.machine.code}`,
    initial: props.initial,
    scopes: [`machine:${String(props.machine.id)}`],
    topics: ["alarm.", "adjustment.", "guidance."],
  });
  return (
    <section className="d-panel p-4" aria-live="polite">
      <h2 className="pb-2 font-semibold">{t("alarms")}</h2>
      {data.length === 0 && <Notice kind="clear" title={t("noAlarms")} />}
      <ul className="flex flex-col gap-3">
        {data.map((card) => (
          <Card key={card.id} card={card} />
        ))}
      </ul>
    </section>
  );
}

function Card(props: { card: AlarmCard }): ReactNode {
  const { card } = props;
  const t = useTranslations("office.machine");
  const evidence = useTranslations("office.evidence");
  const causes = useTranslations("cause");
  const adjustment = useTranslations("adjustment.state");
  const say = useSentence();
  return (
    <li className="grid grid-cols-[auto_1fr] gap-x-3" data-alarm={card.id} data-state={card.state}>
      <AlarmMark priority={card.priority} beats={card.priority === 1 && card.state === "unack"} />
      <div className="min-w-0">
        <p className="font-semibold">{say(card.title)}</p>
        <p className="text-ink-2">{say(card.text)}</p>
        {card.cause !== null && (
          <p className="text-sm">
            {evidence("cause")} {causes(card.cause.code)}{" "}
            <span className="text-ink-2">
              {evidence("right", { right: card.cause.right, of: card.cause.of })}
            </span>
          </p>
        )}
        <p className="text-sm text-ink-2">
          <Ago at={card.since} /> ·{" "}
          {card.taken === null ? t("notTaken") : <bdi>{t("taken", { name: card.taken.name })}</bdi>}
          {card.run !== null && ` · ${t("step", { step: card.run.step, steps: card.run.steps })}`}
        </p>
        {card.adjustment !== null && (
          <Link className="d-link text-sm" href={`/office/approvals/${card.adjustment.id}`} prefetch={false}>
            {t("adjustment")}: {adjustment(card.adjustment.state)}
          </Link>
        )}
      </div>
    </li>
  );
}
