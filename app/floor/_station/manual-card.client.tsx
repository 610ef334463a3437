"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { NumberPad } from "#app/_ui/kiosk/number-pad.client.tsx";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { ManualWord } from "#server/execution/manual/manual.contract.ts";
import { useStationSession } from "./session.client.tsx";

const offered: readonly ManualWord[] = ["running", "stopped", "setup"];

/**
 * What the operator of a machine without a signal says: its state with one tap, parts by typing how many and tapping
 * what they are. One part needs no typing.
 */
export function ManualCard(props: { machine: MachineView }): ReactNode {
  const { id: machineId, state } = props.machine;
  const t = useTranslations("floor.manual");
  const pad = useTranslations("floor.signOnSheet");
  const words = useTranslations("state");
  const wrong = useErrorWords();
  const { act } = useStationSession();
  const say = useCommand<{ machineId: number; word: ManualWord }, unknown>("/machines/state");
  const count = useCommand<object, unknown>("/machines/count");
  const [typed, setTyped] = useState("");
  const parts = typed === "" ? 1 : Number(typed);
  const problem = [say.state, count.state].find((one) => one.phase === "wrong");
  const report = (input: { good: number } | { scrap: number }) =>
    act("count.report", machineId, async () => {
      // What was typed stays until it is stored: a lost link must not lose a count.
      if ((await count.run({ machineId, ...input })) !== null) setTyped("");
    });
  return (
    <section aria-label={t("title")} className="k-card flex min-h-0 flex-1 flex-col gap-mm-4">
      <div className="flex items-baseline justify-between gap-mm-4">
        <h2 className="font-semibold">{t("title")}</h2>
        <span className="k-label border border-line px-mm-2">{t("mark")}</span>
      </div>
      <div className="grid grid-cols-3 gap-mm-4">
        {offered.map((word) => (
          <KioskButton
            key={word}
            size="secondary"
            pressed={state.word === word}
            busy={say.busy}
            onPress={() => act("count.report", machineId, () => say.run({ machineId, word }))}
          >
            {words(word)}
          </KioskButton>
        ))}
      </div>
      <NumberPad
        text={typed}
        onChange={(text) => setTyped(text.replace(/^0+/, ""))}
        maxLength={5}
        low
        listens={false}
        words={{ clear: pad("clear"), erase: pad("erase") }}
      />
      <div className="grid grid-cols-2 gap-mm-4" aria-live="polite">
        <KioskButton tone="primary" busy={count.busy} onPress={() => report({ good: parts })}>
          {t("good", { n: parts })}
        </KioskButton>
        <KioskButton busy={count.busy} onPress={() => report({ scrap: parts })}>
          {t("scrap", { n: parts })}
        </KioskButton>
      </div>
      {problem?.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(problem.error)}
        </p>
      )}
    </section>
  );
}
