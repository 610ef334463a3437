"use client";

import { Delete } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { KioskButton } from "./button.client.tsx";

export interface PadWords {
  readonly clear: string;
  readonly erase: string;
}

/**
 * Digits for gloved hands; a real keyboard and pasting work as well. `text` stays a string, so that a leading
 * zero of a PIN is kept; `decimal` adds the separator, and both "," and "." are taken.
 */
export function NumberPad(props: {
  text: string;
  onChange: (text: string) => void;
  onEnter?: () => void;
  maxLength: number;
  decimal?: "." | ",";
  /** Two rows instead of four, where it stands beside other things. */
  low?: boolean;
  /**
   * Whether a keyboard types here too. Not where the pad stands on the home of a station: the digits of a badge that is
   * scanned there are no number of parts.
   */
  listens?: boolean;
  words: PadWords;
}): ReactNode {
  const { text, onChange, onEnter, maxLength, decimal, low = false, listens = true, words } = props;

  const type = (key: string) => {
    if (text.length >= maxLength) return;
    if ((key === "." || key === ",") && (decimal === undefined || /[.,]/.test(text))) return;
    onChange(text + (key === "," || key === "." ? (decimal ?? key) : key));
  };

  useEffect(() => {
    if (!listens) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
      if (/^[0-9.,]$/.test(event.key)) type(event.key);
      else if (event.key === "Backspace") onChange(text.slice(0, -1));
      else if (event.key === "Enter" && event.target === document.body) onEnter?.();
    };
    const onPaste = (event: ClipboardEvent) => {
      const pasted = (event.clipboardData?.getData("text") ?? "").replaceAll(/[^\d.,]/g, "");
      if (pasted !== "") onChange(pasted.slice(0, maxLength));
    };
    addEventListener("keydown", onKey);
    addEventListener("paste", onPaste);
    return () => {
      removeEventListener("keydown", onKey);
      removeEventListener("paste", onPaste);
    };
  });

  return (
    <div className={`grid gap-mm-2 [direction:ltr] ${low ? "grid-cols-6" : "grid-cols-3"}`}>
      {["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => (
        <KioskButton key={digit} size="secondary" repeats onPress={() => type(digit)}>
          {digit}
        </KioskButton>
      ))}
      {decimal === undefined ? (
        <KioskButton size="secondary" tone="quiet" onPress={() => onChange("")}>
          {words.clear}
        </KioskButton>
      ) : (
        <KioskButton size="secondary" onPress={() => type(decimal)}>
          {decimal}
        </KioskButton>
      )}
      <KioskButton size="secondary" repeats onPress={() => type("0")}>
        0
      </KioskButton>
      <KioskButton
        size="secondary"
        tone="quiet"
        repeats
        label={words.erase}
        glyph={<Delete className="k-glyph" aria-hidden="true" />}
        onPress={() => onChange(text.slice(0, -1))}
      >
        {""}
      </KioskButton>
    </div>
  );
}
