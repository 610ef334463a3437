"use client";

import { ArrowRight, CircleCheck, CircleHelp, CircleX, Hand, IdCard } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useEffect, useState } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useSentence } from "#app/_lib/sentence.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords, useRefusalWords } from "#app/_lib/words.client.ts";
import { useNow } from "#app/_live/now.client.ts";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { Ago, Countdown } from "#app/_ui/relative-time.client.tsx";
import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";
import { type ChangeOnStation, changesOnStation } from "./change.rules.ts";
import { useStationSession } from "./session.client.tsx";

/** Everything about set-point changes that whoever stands here must see: announced first, then what goes on. */
export function Changes(props: {
  adjustments: readonly AdjustmentSummary[];
  /** Beside other work only what is about to happen is shown; the rest waits at the machine's home. */
  home: boolean;
}): ReactNode {
  const now = useNow(1000);
  const [dismissed, setDismissed] = useState<readonly string[]>([]);
  const shown = changesOnStation(props.adjustments, now, dismissed);
  return shown
    .filter((change) => props.home || change.kind === "announced")
    .map((change) => (
      <Change
        key={change.adjustment.id}
        change={change}
        onDismiss={() => setDismissed((before) => [...before, change.adjustment.id].slice(-20))}
      />
    ));
}

function Change(props: { change: ChangeOnStation; onDismiss: () => void }): ReactNode {
  const { change, onDismiss } = props;
  switch (change.kind) {
    case "announced":
      return <Announced adjustment={change.adjustment} />;
    case "result":
      return <Result adjustment={change.adjustment} onDismiss={onDismiss} />;
    case "under_way":
    case "waits":
      return <UnderWay adjustment={change.adjustment} />;
    default:
      return null;
  }
}

/** Old → new, as large as the room allows; numbers run from left to right in every language. */
function OldNew(props: { adjustment: AdjustmentSummary; large?: boolean }): ReactNode {
  const { target, oldValue, newValue } = props.adjustment;
  const locale = useLocale();
  const t = useTranslations("floor.change");
  const number = (value: number) => formatNumber(locale, value, target.decimals);
  return (
    <span
      className={`inline-flex items-baseline gap-[0.5em] whitespace-nowrap font-semibold ${props.large === true ? "text-mm-8" : ""}`}
      dir="ltr"
    >
      <span className="font-normal text-ink-2">{number(oldValue)}</span>
      <ArrowRight className="size-[0.8em] self-center" role="img" aria-label={t("to")} />
      {number(newValue)} <span className="text-[0.7em] font-normal text-ink-2">{target.unit}</span>
    </span>
  );
}

/**
 * Nothing is sent before this was shown; one tap holds it, and nobody need sign on for that. A change that needs a
 * badge here says so, and waits until somebody has agreed by name.
 */
function Announced(props: { adjustment: AdjustmentSummary }): ReactNode {
  const { adjustment } = props;
  const t = useTranslations("floor.change");
  const sentence = useSentence();
  const words = useErrorWords();
  const hold = useCommand<object, unknown>(`/adjustments/${adjustment.id}/hold`);
  const confirm = useCommand<object, unknown>(`/adjustments/${adjustment.id}/confirm`);
  const { act } = useStationSession();
  const wrong = [confirm.state, hold.state].find((state) => state.phase === "wrong");
  const { reason, approvedBy, sendAt } = adjustment;
  return (
    <section
      role="alert"
      aria-label={t("announced")}
      data-change="announced"
      className="k-card flex flex-wrap items-center gap-x-mm-6 gap-y-mm-3"
      data-strong={true}
    >
      <div className="min-w-0 flex-1">
        <p className="font-semibold">
          {adjustment.returns === null ? t("announced") : t("announcedReturn")}{" "}
          <bdi>{adjustment.target.name}</bdi>
        </p>
        <OldNew adjustment={adjustment} large />
        <p className="text-ink-2">
          {typeof reason === "string" ? reason : sentence(reason)}{" "}
          {approvedBy.length > 0 && t("approvedBy", { names: approvedBy.map((one) => one.name).join(", ") })}
        </p>
        {adjustment.needsBadge && <p className="font-semibold">{t("badgeText")}</p>}
        {wrong?.phase === "wrong" && <p className="font-semibold">{words(wrong.error)}</p>}
      </div>
      <div className="text-center">
        <p className="k-label">{adjustment.needsBadge ? t("waitsForBadge") : t("sentIn")}</p>
        {sendAt !== null && !adjustment.needsBadge && (
          <p className="text-mm-9 font-semibold leading-none" role="timer">
            <Countdown until={sendAt} />
          </p>
        )}
      </div>
      {adjustment.needsBadge && (
        <KioskButton
          className="min-h-mm-24 min-w-mm-40"
          busy={confirm.busy || confirm.state.phase === "done"}
          glyph={<IdCard className="k-glyph" aria-hidden="true" />}
          onPress={() => act("adjustment.confirm", adjustment.machine.id, () => confirm.run({}))}
        >
          {t("agree")}
        </KioskButton>
      )}
      <KioskButton
        tone="primary"
        wide
        className="min-h-mm-24 min-w-mm-40"
        busy={hold.busy || hold.state.phase === "done"}
        glyph={<Hand className="k-glyph" aria-hidden="true" />}
        onPress={() => void hold.run({})}
      >
        {hold.busy ? t("holding") : t("hold")}
      </KioskButton>
    </section>
  );
}

function UnderWay(props: { adjustment: AdjustmentSummary }): ReactNode {
  const { adjustment } = props;
  const t = useTranslations("floor.change");
  const refusal = useRefusalWords();
  return (
    <section
      aria-label={t("title")}
      data-change={adjustment.state}
      className="k-card flex flex-wrap items-center gap-x-mm-5 gap-y-mm-1 !py-mm-2"
    >
      <p className="font-semibold">{t(`state.${adjustment.state}` as "state.held")}</p>
      <p>
        <bdi>{adjustment.target.name}</bdi> <OldNew adjustment={adjustment} />
      </p>
      {adjustment.why !== null && <p className="text-ink-2">{refusal(adjustment.why)}</p>}
    </section>
  );
}

const glyphs = { helped: CircleCheck, did_not_help: CircleX, cannot_tell: CircleHelp } as const;

/** Helped, did not help, cannot tell yet: the plant's own answer, told where the change was made. */
function Result(props: { adjustment: AdjustmentSummary; onDismiss: () => void }): ReactNode {
  const { adjustment, onDismiss } = props;
  const t = useTranslations("floor.change");
  const reasons = useTranslations("verdict.reason");
  const [shownAt] = useState(() => performance.now());
  useEffect(() => {
    const timer = setTimeout(onDismiss, Math.max(0, resultMs - (performance.now() - shownAt)));
    return () => clearTimeout(timer);
  }, [onDismiss, shownAt]);
  const verdict = adjustment.state as keyof typeof glyphs;
  const Glyph = glyphs[verdict];
  return (
    <section
      role="status"
      aria-label={t("result")}
      data-change={verdict}
      className="k-card flex flex-wrap items-center gap-x-mm-5 gap-y-mm-2 !py-mm-2"
      data-strong={true}
    >
      <Glyph className="size-[calc(var(--mm)*9)] flex-none" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="text-mm-4.6 font-semibold">{t(`verdict.${verdict}`)}</p>
        <p className="text-ink-2">
          <bdi>{adjustment.target.name}</bdi> <OldNew adjustment={adjustment} />{" "}
          {adjustment.verdictReason !== null && reasons(adjustment.verdictReason)}{" "}
          {adjustment.returnedBy !== null && t("goesBack")} {adjustment.asksPerson && t("asksPerson")}
        </p>
        <p className="k-label">
          <Ago at={adjustment.createdAt} />
        </p>
      </div>
      <KioskButton size="secondary" onPress={onDismiss}>
        {t("seen")}
      </KioskButton>
    </section>
  );
}

/** A verdict stays for so long unless somebody has seen it, ms. */
const resultMs = 5 * 60_000;
