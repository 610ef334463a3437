import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { Area } from "#app/_lib/server/area.tsx";
import { renderTime } from "#app/_lib/server/clock.ts";
import { webEnvironment } from "#app/_lib/server/environment.ts";
import { Kit } from "./kit.client.tsx";

/** Every component in every state, for designers and for pictures; only beside the demo. */
export default async function KitPage(): Promise<ReactNode> {
  if (!webEnvironment().config.DEMO) notFound();
  return (
    <Area words={["floor"]} hz={1}>
      <Kit now={await renderTime()} />
    </Area>
  );
}
