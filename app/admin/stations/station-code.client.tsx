"use client";

import { useTranslations } from "next-intl";
import QRCode from "qrcode";
import { type ReactNode, useCallback } from "react";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { Countdown } from "#app/_ui/relative-time.client.tsx";
import type { StationCodeView } from "#server/execution/people/stations.contract.ts";

/** The one-time code, as text and as a picture for the tablet's camera. It is not shown again. */
export function StationCode(props: { code: StationCodeView; onClose: () => void }): ReactNode {
  const { code, expiresAt } = props.code;
  const t = useTranslations("admin.stations");
  const app = useTranslations("app");
  const link = `${location.origin}/floor/enrol?code=${code}`;
  // As it comes to stand: the dialog's place in the page is made after its contents are.
  const draw = useCallback(
    (canvas: HTMLCanvasElement | null) => {
      if (canvas !== null) void QRCode.toCanvas(canvas, link, { width: 224, margin: 2 });
    },
    [link],
  );
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
      <p>{t("codeText")}</p>
      <div className="flex flex-col items-center gap-3">
        <canvas ref={draw} aria-label={t("codePicture")} role="img" />
        <p className="text-3xl font-semibold tracking-widest" dir="ltr" data-station-code>
          {code}
        </p>
        <p className="text-ink-2">
          {t("codeUntil")} <Countdown until={expiresAt} />
        </p>
      </div>
    </Dialog>
  );
}
