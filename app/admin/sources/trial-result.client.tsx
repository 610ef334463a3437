"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Notice } from "#app/_ui/notice.tsx";
import { Button } from "#app/_ui/desk/button.client.tsx";
import type { SeenCertificate } from "#server/device/certificate.contract.ts";
import { certificateState } from "#server/execution/sources/certificate.rules.ts";
import { CertificateFacts } from "./certificate-facts.client.tsx";
import { SeenWords } from "./seen-value.client.tsx";
import type { Trial } from "./use-trial.client.ts";

const most = 50;

/** What came of a trial: reached or not and why, and what was said. */
export function TrialResult(props: {
  trial: Trial;
  /** Thumbprints that the settings trust as they stand now. */
  trusted: readonly string[];
  /** Puts a thumbprint among them. */
  onTrust: (thumbprint: string) => void;
}): ReactNode {
  const { trial, trusted, onTrust } = props;
  const t = useTranslations("admin.sources");
  const wrong = useErrorWords();
  if (trial.phase === "none") return null;
  if (trial.phase === "running")
    return (
      <p role="status" className="text-ink-2">
        {t("trying")}
      </p>
    );
  if (trial.phase === "wrong") return <Notice kind="error" title={wrong(trial.error)} />;
  const { connected, problem, seen, certificates } = trial.answer;
  const server = certificates?.server ?? null;
  return (
    <div className="flex flex-col gap-2" data-trial={connected ? "connected" : "failed"}>
      <Notice
        kind={connected ? "clear" : "error"}
        title={t(connected ? (seen.length > 0 ? "trialSaid" : "trialQuiet") : "trialFailed", {
          count: seen.length,
        })}
      >
        {problem !== null && <bdi className="break-words">{problem}</bdi>}
      </Notice>
      {server !== null && <ShownCertificate seen={server} trusted={trusted} onTrust={onTrust} />}
      {seen.length > 0 && (
        <div className="max-h-96 overflow-y-auto rounded border border-hairline">
          <table className="d-table">
            <caption className="sr-only">{t("seen")}</caption>
            <thead>
              <tr>
                <th>{t("metric")}</th>
                <th data-align="end">{t("value")}</th>
                <th>{t("datatype")}</th>
              </tr>
            </thead>
            <tbody>
              {seen.slice(0, most).map((one) => (
                <tr key={one.metric}>
                  <td>
                    <bdi className="font-mono text-sm break-all">{one.metric}</bdi>
                  </td>
                  <td data-align="end">
                    <SeenWords value={one.value} unit={one.unit} />
                  </td>
                  <td>{t(`datatypes.${one.datatype}`)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {seen.length > most && <p className="text-ink-2">{t("andMore", { count: seen.length - most })}</p>}
    </div>
  );
}

/** The certificate that the server showed in the trial: compared with the machine's, it is trusted with one press. */
function ShownCertificate(props: {
  seen: SeenCertificate;
  trusted: readonly string[];
  onTrust: (thumbprint: string) => void;
}): ReactNode {
  const { seen, trusted, onTrust } = props;
  const t = useTranslations("admin.certificates");
  const { state } = certificateState(seen, trusted, seen.seenAt);
  const open = state === "untrusted" || state === "changed";
  return (
    <section className="flex flex-col gap-2 rounded border border-hairline p-3" aria-label={t("server")}>
      <h3 className="font-semibold">{t("server")}</h3>
      {open && <p>{t(`todo.${state}`)}</p>}
      <CertificateFacts seen={seen} trusted={trusted} now={seen.seenAt} />
      {open && (
        <div>
          <Button onPress={() => onTrust(seen.sha256)}>{t("trust")}</Button>
        </div>
      )}
    </section>
  );
}
