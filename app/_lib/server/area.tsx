import type { ReactNode } from "react";
import { LiveProvider } from "#app/_live/live-provider.client.tsx";
import { renderTime } from "./clock.ts";
import { ClientWords } from "./words.tsx";

/**
 * What stands around the pages of one area, in its layout: words for its client components, one socket, one
 * cache of records, one clock. `hz` = most frames of live values a second (≤ 20 desk, ≤ 10 kiosk).
 */
export async function Area(props: {
  words: readonly string[];
  hz: number;
  children: ReactNode;
}): Promise<ReactNode> {
  return (
    <ClientWords namespaces={props.words}>
      <LiveProvider renderedAt={await renderTime()} hz={props.hz}>
        {props.children}
      </LiveProvider>
    </ClientWords>
  );
}
