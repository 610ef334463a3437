"use client";

import { useEffect } from "react";

/** A failed page tries again by itself after this long, ms: a kiosk has nobody who presses reload. */
const retryMs = 5000;

/**
 * What is shown when a page could not be rendered at all. It has no words of the server's to use, so it brings
 * its own in the four languages; the number finds the cause in the log.
 */
export function Failure(props: { error: Error & { digest?: string }; onRetry: () => void }) {
  const { error, onRetry } = props;
  useEffect(() => {
    const timer = setTimeout(onRetry, retryMs);
    return () => clearTimeout(timer);
  }, [onRetry]);
  const language = typeof document === "undefined" ? "en" : document.documentElement.lang;
  const words = texts[language as keyof typeof texts] ?? texts.en;
  return (
    <main className="flex min-h-dvh items-center justify-center p-6" role="alert">
      <div className="d-panel flex max-w-lg flex-col gap-3 p-6">
        <h1 className="text-xl font-semibold">{words.title}</h1>
        <p className="text-lg text-ink-2">{words.text}</p>
        {error.digest !== undefined && <p className="text-sm text-ink-2">{error.digest}</p>}
        <button type="button" className="d-button min-h-12 self-start" data-tone="primary" onClick={onRetry}>
          {words.retry}
        </button>
      </div>
    </main>
  );
}

const texts = {
  en: {
    title: "This screen cannot be shown now",
    text: "The plant goes on without it. It tries again every five seconds.",
    retry: "Try again",
  },
  es: {
    title: "Esta pantalla no se puede mostrar ahora",
    text: "La planta sigue sin ella. Lo intenta de nuevo cada cinco segundos.",
    retry: "Reintentar",
  },
  de: {
    title: "Dieser Bildschirm lässt sich gerade nicht zeigen",
    text: "Das Werk läuft ohne ihn weiter. Alle fünf Sekunden wird es erneut versucht.",
    retry: "Erneut versuchen",
  },
  ar: {
    title: "لا يمكن عرض هذه الشاشة الآن",
    text: "المصنع مستمر من دونها. تُعاد المحاولة كل خمس ثوانٍ.",
    retry: "حاول مرة أخرى",
  },
} as const;
