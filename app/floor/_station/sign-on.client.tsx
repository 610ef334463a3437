"use client";

import { IdCard } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { NumberPad } from "#app/_ui/kiosk/number-pad.client.tsx";
import { Sheet } from "#app/_ui/kiosk/sheet.client.tsx";
import { useStationSession } from "./session.client.tsx";

/** Shortest PIN there is. */
const leastPin = 6;

/** Scan, or number and PIN. Whoever is signed on can hand over with one scan, without signing off first. */
export function SignOnSheet(): ReactNode {
  const t = useTranslations("floor.signOnSheet");
  const app = useTranslations("app");
  const words = useErrorWords();
  const { actor, busy, problem, dismiss, withPin, signOff } = useStationSession();
  const [person, setPerson] = useState("");
  const [pin, setPin] = useState("");
  const [step, setStep] = useState<"person" | "pin">("person");
  const enter = async () => {
    if (step === "person") return setStep("pin");
    if (!(await withPin(person, pin))) setPin("");
    return undefined;
  };
  const ready = step === "person" ? person.length > 0 : pin.length >= leastPin;
  return (
    <Sheet
      title={actor.kind === "person" ? t("change", { name: actor.name }) : t("title")}
      closeWord={app("close")}
      onClose={dismiss}
    >
      <div className="flex flex-wrap gap-mm-6">
        <div className="flex min-w-mm-60 flex-1 flex-col items-center justify-center gap-mm-3 text-center">
          <IdCard className="size-[calc(var(--mm)*24)] text-ink-2" strokeWidth={1} aria-hidden="true" />
          <p className="text-mm-5.2 font-semibold" aria-live="polite">
            {busy ? t("checking") : t("scan")}
          </p>
          <p className="text-ink-2">{t("scanText")}</p>
          {problem !== null && (
            <p role="alert" className="border-2 border-ink px-mm-4 py-mm-2 font-semibold">
              {words(problem)}
            </p>
          )}
          {actor.kind === "person" && (
            <KioskButton size="secondary" onPress={() => void signOff()}>
              {app("signOut")}
            </KioskButton>
          )}
        </div>
        <div className="flex w-full max-w-mm-90 flex-col gap-mm-3">
          <div className="grid grid-cols-2 gap-mm-3">
            <Slot
              label={t("person")}
              text={person}
              current={step === "person"}
              onPress={() => setStep("person")}
            />
            <Slot
              label={t("pin")}
              text={"•".repeat(pin.length)}
              current={step === "pin"}
              onPress={() => setStep("pin")}
            />
          </div>
          <NumberPad
            text={step === "person" ? person : pin}
            onChange={step === "person" ? setPerson : setPin}
            onEnter={() => ready && void enter()}
            maxLength={step === "person" ? 12 : 8}
            words={{ clear: t("clear"), erase: t("erase") }}
          />
          <KioskButton
            tone="primary"
            busy={busy}
            why={ready ? null : step === "person" ? t("personFirst") : t("pinShort", { n: leastPin })}
            onPress={() => void enter()}
          >
            {step === "person" ? t("next") : t("signOn")}
          </KioskButton>
        </div>
      </div>
    </Sheet>
  );
}

function Slot(props: { label: string; text: string; current: boolean; onPress: () => void }): ReactNode {
  return (
    <button
      type="button"
      onClick={props.onPress}
      aria-pressed={props.current}
      className={`min-h-mm-15 border-2 px-mm-3 py-mm-1 text-start ${props.current ? "border-ink bg-surface" : "border-hairline"}`}
    >
      <span className="k-label block">{props.label}</span>
      <span className="block min-h-[1.3em] truncate font-semibold tracking-wider">{props.text}</span>
    </button>
  );
}
