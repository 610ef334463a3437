"use client";

import { useState } from "react";
import { ask } from "#app/_lib/api.client.ts";
import type { ProbeAnswer } from "#server/edge/uplink.contract.ts";

export type Trial =
  | { readonly phase: "none" }
  | { readonly phase: "running" }
  | { readonly phase: "answered"; readonly answer: ProbeAnswer }
  | { readonly phase: "wrong"; readonly error: Error };

/** Lets the edge try a source for some seconds; nothing of it is stored. */
export function useTrial(): {
  trial: Trial;
  run: (what: { edgeId: number; driver: string; config: object; sourceId?: number }) => Promise<void>;
} {
  const [trial, setTrial] = useState<Trial>({ phase: "none" });
  return {
    trial,
    async run(what) {
      setTrial({ phase: "running" });
      try {
        setTrial({ phase: "answered", answer: await ask<ProbeAnswer>("/sources/try", what) });
      } catch (error) {
        setTrial({ phase: "wrong", error: error instanceof Error ? error : new Error(String(error)) });
      }
    },
  };
}
