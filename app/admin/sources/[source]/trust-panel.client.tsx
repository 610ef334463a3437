"use client";

import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { downloadBytes } from "#app/_lib/download.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useNow } from "#app/_live/now.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { certificateState, plainThumbprint, trustedOf } from "#server/execution/sources/certificate.rules.ts";
import type { SourceView } from "#server/execution/sources/sources.contract.ts";
import { CertificateFacts, useDay } from "../certificate-facts.client.tsx";
import { Thumbprint } from "../certificate-state.client.tsx";

/** Whom an encrypted source believes: the server's certificate, and the one of ours that the machine must know. */
export function TrustPanel(props: { source: SourceView; onChanged: () => void }): ReactNode {
  const { source, onChanged } = props;
  const now = useNow(60_000);
  const t = useTranslations("admin.certificates");
  const wrong = useErrorWords();
  const day = useDay();
  const path = `/sources/${String(source.id)}`;
  const trust = useCommand<object, unknown>(`${path}/trust`);
  const distrust = useCommand<object, unknown>(`${path}/distrust`);
  if (source.driver !== "opcua" || source.config["security"] === undefined) return null;
  const server = source.health.certificates?.server ?? null;
  const own = source.health.certificates?.own ?? null;
  const trusted = trustedOf(source.config);
  const others = trusted.filter((one) => {
    const plain = plainThumbprint(one);
    return plain !== server?.sha1 && plain !== server?.sha256;
  });
  const known = others.length < trusted.length;
  const state = server === null ? null : certificateState(server, trusted, now).state;
  const bad = [trust.state, distrust.state].find(({ phase }) => phase === "wrong");
  const forget = (thumbprints: readonly string[]) => void distrust.run({ thumbprints }).then(onChanged);
  return (
    <section className="d-panel flex flex-col gap-4 p-4" aria-label={t("title")}>
      <h2 className="font-semibold">{t("title")}</h2>
      {bad?.phase === "wrong" && <Notice kind="error" title={wrong(bad.error)} />}
      <div className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">{t("server")}</h3>
        {server === null ? (
          <p className="text-ink-2">{t("noneSeen")}</p>
        ) : (
          <>
            {(state === "untrusted" || state === "changed") && <p>{t(`todo.${state}`)}</p>}
            <CertificateFacts seen={server} trusted={trusted} now={now} />
            <div>
              {known ? (
                <Button busy={distrust.busy} onPress={() => forget([server.sha1, server.sha256])}>
                  {t("distrust")}
                </Button>
              ) : (
                <Button
                  tone="primary"
                  busy={trust.busy}
                  why={state === "expired" ? t("todo.expired") : null}
                  onPress={() => void trust.run({ thumbprints: [server.sha256] }).then(onChanged)}
                >
                  {t("trust")}
                </Button>
              )}
            </div>
          </>
        )}
      </div>
      {others.length > 0 && (
        <div className="flex flex-col gap-2">
          <h3 className="text-sm font-semibold">{t("others")}</h3>
          <ul className="flex flex-col gap-2">
            {others.map((one) => (
              <li key={one} className="flex flex-wrap items-center gap-2">
                <Thumbprint digits={plainThumbprint(one)} />
                <Button size="small" busy={distrust.busy} onPress={() => forget([one])}>
                  {t("distrust")}
                </Button>
              </li>
            ))}
          </ul>
        </div>
      )}
      {own !== null && (
        <div className="flex flex-col gap-2">
          <h3 className="text-sm font-semibold">{t("own")}</h3>
          <p className="text-ink-2">{t("ownText")}</p>
          <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
            <Thumbprint digits={own.sha1} />
            <span>{t("validUntil", { day: day(own.validUntil) })}</span>
          </p>
          <div>
            <Button
              onPress={() =>
                downloadBytes(
                  `millwright-${source.edgeCode}.der`,
                  own.pem.replaceAll(/-----[^-]+-----|\s/g, ""),
                  "application/x-x509-ca-cert",
                )
              }
            >
              <Download className="size-4" aria-hidden="true" />
              {t("download")}
            </Button>
          </div>
        </div>
      )}
    </section>
  );
}
