"use client";

import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { KioskButton } from "./button.client.tsx";

/**
 * Something to do beside the machine's state, never over it: it takes the lower part of the screen, the header
 * with state and alarms stays visible and alive, and nothing behind it is locked.
 */
export function Sheet(props: {
  title: string;
  closeWord: string;
  onClose: () => void;
  children: ReactNode;
}): ReactNode {
  const { title, closeWord, onClose, children } = props;
  const id = useId();
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <section
      ref={box}
      role="dialog"
      aria-modal="false"
      aria-labelledby={id}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
      className="absolute inset-x-0 bottom-0 z-20 flex max-h-full flex-col overflow-y-auto border-t-2 border-ink bg-raised p-mm-5 shadow-raised outline-none"
    >
      <div className="flex items-start justify-between gap-mm-4 pb-mm-3">
        <h2 id={id} className="text-body font-semibold">
          {title}
        </h2>
        <KioskButton
          size="small"
          tone="quiet"
          label={closeWord}
          glyph={<X className="k-glyph" aria-hidden="true" />}
          onPress={onClose}
        >
          {""}
        </KioskButton>
      </div>
      {children}
    </section>
  );
}
