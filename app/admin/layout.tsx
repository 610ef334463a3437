import type { ReactNode } from "react";
import { Desk } from "#app/_lib/server/desk.tsx";

export default function AdminLayout(props: { children: ReactNode }): ReactNode {
  return (
    <Desk words={["admin", "role", "auditAction", "stopReason", "stopReasonGroup", "quality", "meaning"]}>
      {props.children}
    </Desk>
  );
}
