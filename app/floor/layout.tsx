import type { CSSProperties, ReactNode } from "react";
import { Area } from "#app/_lib/server/area.tsx";
import { currentSession } from "#app/_lib/server/session.ts";

/** The floor: sizes in millimetres of the glass, as the station's setting says; ≤ 10 frames a second. */
export default async function FloorLayout(props: { children: ReactNode }): Promise<ReactNode> {
  const { station } = await currentSession();
  const mm = station?.mmPerPx ?? null;
  const size = (mm === null ? {} : { "--mm": `${(1 / mm).toFixed(3)}px` }) as CSSProperties;
  return (
    <Area
      words={[
        "floor",
        "alarm",
        "cause",
        "adjustment",
        "verdict",
        "stopReason",
        "stopReasonGroup",
        "deviation",
      ]}
      hz={10}
    >
      <div className="kiosk flex h-dvh flex-col overflow-hidden" style={size}>
        {props.children}
      </div>
    </Area>
  );
}
