import type { ReactNode } from "react";
import { Desk } from "#app/_lib/server/desk.tsx";

const words = [
  "office",
  "alarm",
  "attention",
  "cause",
  "adjustment",
  "verdict",
  "deviation",
  "stopReason",
  "guidance",
  "orders",
  "materials",
  "corrections",
];

export default function OfficeLayout(props: { children: ReactNode }): ReactNode {
  return <Desk words={words}>{props.children}</Desk>;
}
