"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useSentence } from "#app/_lib/sentence.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { AlarmMark } from "#app/_ui/alarm-mark.tsx";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { AlarmCard as Card } from "#server/execution/alarms/alarms.contract.ts";
import type { InstructionRunView } from "#server/execution/guidance/guidance.contract.ts";
import { inLanguage } from "#server/execution/guidance/guidance.rules.ts";
import { needsTaking } from "./next-action.rules.ts";
import { useStationSession } from "./session.client.tsx";
import type { StationPlace } from "./use-view.client.ts";

/** What happened, where, since when, the likely cause with its record, and what to do: one card, one action. */
export function AlarmCard(props: {
  card: Card;
  machineId: number;
  place: StationPlace;
  whole?: boolean;
}): ReactNode {
  const { card, machineId, place, whole = false } = props;
  const t = useTranslations("floor.alarm");
  const sentence = useSentence();
  return (
    <article
      className="k-card flex flex-none flex-col gap-mm-3"
      data-strong={true}
      data-alarm={card.kind}
      aria-labelledby={`alarm-${card.id}`}
    >
      <header className="flex items-start gap-mm-3">
        <span className={whole ? "text-mm-9" : "text-mm-6"}>
          <AlarmMark priority={card.priority} beats={card.priority === 1 && needsTaking(card)} />
        </span>
        <div className="min-w-0 flex-1">
          <h2
            id={`alarm-${card.id}`}
            className={`${whole ? "text-mm-6" : "text-mm-4.6"} font-semibold leading-tight`}
          >
            <span className="sr-only">{t("priority", { n: card.priority })} </span>
            {sentence(card.title)}
          </h2>
          <p className="text-ink-2">
            {card.machine !== null && <bdi>{card.machine.name}</bdi>}
            {card.tag !== null && (
              <>
                {" · "}
                <bdi>{card.tag.name}</bdi>
              </>
            )}
            {" · "}
            <Ago at={card.since} />
          </p>
        </div>
      </header>
      <p>{sentence(card.text)}</p>
      <Cause card={card} whole={whole} />
      {(whole || card.taken === null || card.instruction === null) && (
        <p className="border-s-[calc(var(--mm)*1)] border-ink ps-[0.8em] font-semibold">
          {sentence(card.todo)}
        </p>
      )}
      <Status card={card} />
      <AlarmActions card={card} machineId={machineId} place={place} whole={whole} />
    </article>
  );
}

/** "Right 7 of 9 times": operators get a record, not a probability. */
function Cause(props: { card: Card; whole: boolean }): ReactNode {
  const t = useTranslations("floor.alarm");
  const causes = useTranslations("cause");
  const locale = useLocale();
  const { cause } = props.card;
  // Only what was deviated from has a cause to look for; a guard that is open is its own.
  if (cause === null)
    return props.card.deviationId === null ? null : <p className="text-ink-2">{t("noCause")}</p>;
  return (
    <div>
      <p>
        <span className="text-ink-2">{t("cause")}</span> <strong>{causes(cause.code)}</strong>{" "}
        <span className="text-ink-2">
          {cause.of === 0 ? t("causeNew") : t("causeRecord", { right: cause.right, of: cause.of })}
        </span>
      </p>
      {props.whole && cause.signals.length > 0 && (
        <ul className="flex flex-wrap gap-x-mm-5 text-label text-ink-2">
          {cause.signals.map((signal) => (
            <li key={signal.tagId}>
              <bdi>{signal.name}</bdi>{" "}
              <strong className="text-ink">
                <bdi>
                  {formatNumber(locale, signal.value, 1)} {signal.unit ?? ""}
                </bdi>
              </strong>{" "}
              <bdi>
                ({signal.op} {formatNumber(locale, signal.limit, 1)})
              </bdi>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Status(props: { card: Card }): ReactNode {
  const { card } = props;
  const t = useTranslations("floor.alarm");
  const locale = useLocale();
  if (card.taken === null && card.active) return null;
  return (
    <p className="text-ink-2">
      {card.taken !== null && (
        <>
          {t("takenBy", { name: card.taken.name })} <Ago at={card.taken.at} />.{" "}
        </>
      )}
      {!card.active && t("over")}
      {card.instruction !== null &&
        card.run?.state === "done" &&
        t("followed", { title: inLanguage(card.instruction.title, locale) })}
    </p>
  );
}

export function AlarmActions(props: {
  card: Card;
  machineId: number;
  place: StationPlace;
  whole: boolean;
}): ReactNode {
  const { card, machineId, place, whole } = props;
  const t = useTranslations("floor.alarm");
  const words = useErrorWords();
  const { act } = useStationSession();
  const take = useCommand<object, unknown>(`/alarms/${card.id}/take`);
  const open = useCommand<object, InstructionRunView>(`/alarms/${card.id}/instruction`);
  const follow = async () => {
    const run = await open.run({});
    if (run !== null) place.go("run", run.id);
  };
  const untaken = needsTaking(card);
  const running = card.run?.state === "running" ? card.run : null;
  const problem = [take.state, open.state].find((state) => state.phase === "wrong");
  return (
    <div className="flex flex-col gap-mm-2">
      <div className="flex flex-wrap gap-mm-4">
        {untaken && (
          <KioskButton
            tone="primary"
            wide
            className="flex-1"
            busy={take.busy}
            onPress={() => act("alarm.take", machineId, () => take.run({}))}
          >
            {take.busy ? t("taking") : t("take")}
          </KioskButton>
        )}
        {running !== null && (
          <KioskButton
            tone={untaken ? "secondary" : "primary"}
            wide
            className="flex-1"
            onPress={() => place.go("run", running.id)}
          >
            {t("continue", { step: Math.min(running.step, running.steps), steps: running.steps })}
          </KioskButton>
        )}
        {running === null &&
          card.instruction !== null &&
          card.run?.state !== "done" &&
          (whole || !untaken) && (
            <KioskButton
              tone={untaken ? "secondary" : "primary"}
              wide
              className="flex-1"
              busy={open.busy}
              onPress={() => act("instruction.follow", machineId, follow)}
            >
              {t("follow")}
            </KioskButton>
          )}
        {!whole && (
          <KioskButton
            size="secondary"
            tone="quiet"
            className="self-center"
            onPress={() => place.go("alarm", card.id)}
          >
            {t("details")}
          </KioskButton>
        )}
      </div>
      {problem?.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {words(problem.error)}
        </p>
      )}
    </div>
  );
}
