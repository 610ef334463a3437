"use client";

import { CircleAlert, CircleX, Clock, ShieldCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { SeenCertificate } from "#server/device/certificate.contract.ts";
import { type CertificateState, certificateState } from "#server/execution/sources/certificate.rules.ts";

const marks = {
  trusted: ShieldCheck,
  expires: Clock,
  expired: CircleX,
  not_yet: Clock,
  untrusted: CircleAlert,
  changed: CircleAlert,
} as const satisfies Record<CertificateState, unknown>;

/** How a server's certificate stands, as shape and words; strong where somebody should do something. */
export function CertificateMark(props: {
  seen: SeenCertificate;
  trusted: readonly string[];
  now: number;
}): ReactNode {
  const { seen, trusted, now } = props;
  const t = useTranslations("admin.certificates.state");
  const { state, days } = certificateState(seen, trusted, now);
  const Mark = marks[state];
  return (
    <span className="inline-flex items-center gap-1.5" data-certificate={state}>
      <Mark className="size-4 flex-none" aria-hidden="true" />
      <span className={state === "trusted" ? "" : "font-semibold"}>{t(state, { days })}</span>
    </span>
  );
}

/** What a person compares with the machine's screen: pairs of digits, as machines show them. */
export function Thumbprint(props: { digits: string }): ReactNode {
  return (
    <bdi className="font-mono text-sm break-all" dir="ltr">
      {props.digits.toUpperCase().replaceAll(/(..)(?=.)/g, "$1:")}
    </bdi>
  );
}
