"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { SeenCertificate } from "#server/device/certificate.contract.ts";
import { CertificateMark, Thumbprint } from "./certificate-state.client.tsx";

/** What a server's certificate says of itself, and how it stands here. */
export function CertificateFacts(props: {
  seen: SeenCertificate;
  trusted: readonly string[];
  now: number;
}): ReactNode {
  const { seen } = props;
  const t = useTranslations("admin.certificates");
  const day = useDay();
  const facts: readonly [string, ReactNode][] = [
    [t("how"), <CertificateMark key="how" {...props} />],
    [t("subject"), <bdi key="subject">{seen.subject}</bdi>],
    [t("until"), day(seen.validUntil)],
    [t("sha1"), <Thumbprint key="sha1" digits={seen.sha1} />],
    [t("sha256"), <Thumbprint key="sha256" digits={seen.sha256} />],
  ];
  return (
    <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-[max-content_1fr]">
      {facts.map(([term, fact]) => (
        <div key={term} className="contents">
          <dt className="text-sm text-ink-2">{term}</dt>
          <dd className="min-w-0 break-words">{fact}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A day in the reader's own words; certificates end by UTC. */
export function useDay(): (at: number) => string {
  const format = new Intl.DateTimeFormat(useLocale(), { dateStyle: "long", timeZone: "UTC" });
  return (at) => format.format(at);
}
