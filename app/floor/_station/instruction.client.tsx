"use client";

import { Check } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { useDraft } from "#app/_live/reload-when-idle.client.ts";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { NumberPad } from "#app/_ui/kiosk/number-pad.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type {
  CompleteStep,
  InstructionRunView,
  StepView,
} from "#server/execution/guidance/guidance.contract.ts";
import { inLanguage } from "#server/execution/guidance/guidance.rules.ts";
import { LiveStep } from "./live-step.client.tsx";
import { useStationSession } from "./session.client.tsx";
import type { StationPlace } from "./use-view.client.ts";

type Answer = Omit<CompleteStep, "runId" | "step">;

/** One step at a time, in the reader's language; the machine itself passes the step that is bound to it. */
export function InstructionView(props: {
  runId: string;
  machineId: number;
  staleMs: number;
  place: StationPlace;
}): ReactNode {
  const { runId, machineId, staleMs, place } = props;
  const t = useTranslations("floor.run");
  const app = useTranslations("app");
  const {
    data: run,
    error,
    reread,
  } = useRecord<InstructionRunView>({
    path: `/instruction-runs/${runId}`,
    scopes: [`machine:${String(machineId)}`],
    topics: ["instruction.", "alarm."],
  });
  if (run === undefined)
    return error === null ? (
      <Skeleton lines={6} label={app("loading")} />
    ) : (
      <Notice
        kind="error"
        title={t("unread")}
        filling
        action={<KioskButton onPress={reread}>{app("retry")}</KioskButton>}
      />
    );
  return <Run run={run} machineId={machineId} staleMs={staleMs} place={place} />;
}

function Run(props: {
  run: InstructionRunView;
  machineId: number;
  staleMs: number;
  place: StationPlace;
}): ReactNode {
  const { run, machineId, staleMs, place } = props;
  const t = useTranslations("floor.run");
  const locale = useLocale();
  const current = run.steps.find((step) => step.state === "current");
  return (
    <section
      aria-label={inLanguage(run.title, locale)}
      className="mx-auto flex h-full w-full max-w-mm-360 flex-col gap-mm-4"
    >
      <header className="flex flex-wrap items-baseline justify-between gap-x-mm-6">
        <h2 className="text-mm-4.6 font-semibold">{inLanguage(run.title, locale)}</h2>
        <p className="k-label">
          {t("version", { version: run.version })} · {t("startedBy", { name: run.started.by })}
        </p>
      </header>
      <StepTrack steps={run.steps} />
      {current === undefined ? (
        <Notice
          kind="clear"
          title={run.state === "abandoned" ? t("abandoned") : t("done")}
          filling
          action={
            <KioskButton tone="primary" wide onPress={() => place.go("home")}>
              {t("toMachine")}
            </KioskButton>
          }
        >
          {t("doneText")}
        </Notice>
      ) : (
        <Step
          key={current.step}
          step={current}
          run={run}
          machineId={machineId}
          staleMs={staleMs}
          last={current.step === run.steps.length}
        />
      )}
      <div>
        <KioskButton size="secondary" tone="quiet" onPress={() => place.go("home")}>
          {t("toMachine")}
        </KioskButton>
      </div>
    </section>
  );
}

/** Where one is: passed steps ticked, with who passed them. */
function StepTrack(props: { steps: readonly StepView[] }): ReactNode {
  const t = useTranslations("floor.run");
  const locale = useLocale();
  return (
    <ol className="flex gap-mm-2" aria-label={t("steps")}>
      {props.steps.map((step) => (
        <li
          key={step.step}
          aria-current={step.state === "current" ? "step" : undefined}
          className={`flex min-h-mm-10 min-w-0 flex-1 items-center gap-mm-2 border-t-[calc(var(--mm)*1)] pt-mm-1 text-label ${step.state === "waiting" ? "border-band text-ink-2" : "border-ink"} ${step.state === "current" ? "font-semibold" : ""}`}
        >
          {step.state === "done" ? (
            <Check className="size-[1.2em] flex-none" aria-label={t("passed")} />
          ) : (
            <span>{step.step}</span>
          )}
          <span className="truncate max-sm:hidden">{inLanguage(step.definition.title, locale)}</span>
          {step.done?.machine === true && <span className="text-ink-2 max-lg:hidden">{t("byMachine")}</span>}
        </li>
      ))}
    </ol>
  );
}

function Step(props: {
  step: StepView;
  run: InstructionRunView;
  machineId: number;
  staleMs: number;
  last: boolean;
}): ReactNode {
  const { step, run, machineId, staleMs, last } = props;
  const t = useTranslations("floor.run");
  const words = useErrorWords();
  const locale = useLocale();
  const { act } = useStationSession();
  const [text, setText] = useState("");
  useDraft(text !== "");
  const complete = useCommand<Answer, InstructionRunView>(
    `/instruction-runs/${run.id}/steps/${String(step.step)}`,
  );
  const { definition } = step;
  const answer = (given: Answer) => act("instruction.follow", machineId, () => complete.run(given));
  const value = Number(text.replace(",", "."));
  const cause = last && run.alarmId !== null;
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-mm-4 lg:flex-row">
      <div className="k-card flex flex-[3] flex-col gap-mm-3" data-strong={true} data-step={definition.kind}>
        <p className="k-label">{t("stepOf", { step: step.step, steps: run.steps.length })}</p>
        <h3 className="text-mm-6 font-semibold leading-tight">{inLanguage(definition.title, locale)}</h3>
        <p className="text-mm-4.6 leading-snug">{inLanguage(definition.text, locale)}</p>
        {complete.state.phase === "wrong" && (
          <p role="alert" className="font-semibold">
            {words(complete.state.error)}
          </p>
        )}
      </div>
      <div className="flex flex-[2] flex-col justify-end gap-mm-4">
        {definition.kind === "live_bound" && (
          <LiveStep step={step} definition={definition} staleMs={staleMs} />
        )}
        {definition.kind === "reading" && (
          <div className="k-card flex flex-col gap-mm-3">
            <p className="flex items-baseline justify-between">
              <span className="k-label">
                {t("between", { min: definition.min, max: definition.max, unit: definition.unit ?? "" })}
              </span>
              <output className="text-mm-7 font-semibold">
                {text === "" ? "–" : text}{" "}
                <span className="text-[0.6em] font-normal text-ink-2">{definition.unit}</span>
              </output>
            </p>
            <NumberPad
              text={text}
              onChange={setText}
              maxLength={7}
              decimal={locale.startsWith("de") || locale.startsWith("es") ? "," : "."}
              words={{ clear: t("clear"), erase: t("erase") }}
            />
          </div>
        )}
        {definition.kind === "check" && (
          <KioskButton
            busy={complete.busy}
            onPress={() => answer({ ok: false, ...(cause ? { causeRight: false } : {}) })}
          >
            {t("notOk")}
          </KioskButton>
        )}
        {definition.kind !== "live_bound" && (
          <KioskButton
            tone="primary"
            wide
            className="min-h-mm-30"
            busy={complete.busy}
            why={definition.kind === "reading" && text === "" ? t("needsValue") : null}
            onPress={() =>
              answer(
                definition.kind === "reading"
                  ? { value }
                  : definition.kind === "check"
                    ? { ok: true, ...(cause ? { causeRight: true } : {}) }
                    : {},
              )
            }
          >
            {definition.kind === "check" ? t("ok") : t("next")}
          </KioskButton>
        )}
      </div>
    </div>
  );
}
