import type { ReactNode } from "react";
import { Desk } from "#app/_lib/server/desk.tsx";

export default function ReportsLayout(props: { children: ReactNode }): ReactNode {
  return <Desk words={["reports", "stopReason", "lossBucket"]}>{props.children}</Desk>;
}
