"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { Countdown } from "#app/_ui/relative-time.client.tsx";
import type { EnrolmentCodeView } from "#server/execution/sources/sources.contract.ts";

/** A one-time code and what to do with it. It is not shown again. */
export function EnrolmentCode(props: {
  code: EnrolmentCodeView;
  kind: "source" | "edge";
  onClose: () => void;
}): ReactNode {
  const { code, expiresAt } = props.code;
  const t = useTranslations("admin.sources");
  const app = useTranslations("app");
  const command =
    props.kind === "edge"
      ? `EDGE_ENROL_CODE=${code} SERVER_URL=${location.origin} npm run edge`
      : `curl ${location.origin}/api/v1/enrol -H 'origin: ${location.origin}' -H 'content-type: application/json' -d '{"code":"${code}"}'`;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) props.onClose();
      }}
      title={t("codeTitle")}
      closeWord={app("close")}
      foot={<Button onPress={props.onClose}>{app("close")}</Button>}
    >
      <p>{t(props.kind === "edge" ? "codeEdge" : "codeSource")}</p>
      <p className="text-center text-3xl font-semibold tracking-widest" dir="ltr" data-enrolment-code>
        {code}
      </p>
      <p className="text-center text-ink-2">
        {t("codeUntil")} <Countdown until={expiresAt} />
      </p>
      <pre className="overflow-x-auto rounded border border-hairline bg-band/50 p-3 text-sm" dir="ltr">
        {command}
      </pre>
    </Dialog>
  );
}
