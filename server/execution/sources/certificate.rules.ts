import type { SeenCertificate } from "#server/device/certificate.contract.ts";

const dayMs = 86_400_000;
/** A certificate that ends within this time is told before it does, days. */
export const warnDays = 30;

/**
 * How the certificate of a server stands: `untrusted` = nobody trusted any yet; `changed` = another one was trusted;
 * `expires` = trusted, with less than {@link warnDays} left; `trusted`. What is over or not valid yet is said first: it
 * would not be connected to however much it is trusted.
 */
export type CertificateState = "trusted" | "expires" | "expired" | "not_yet" | "untrusted" | "changed";

/**
 * @param trusted thumbprints of the source's config, as somebody wrote them
 * @returns the state, and the whole days that are left (0 when it is over)
 */
export function certificateState(
  seen: SeenCertificate,
  trusted: readonly string[],
  now: number,
): { readonly state: CertificateState; readonly days: number } {
  const days = Math.max(0, Math.floor((seen.validUntil - now) / dayMs));
  const plain = trusted.map(plainThumbprint);
  const known = plain.includes(seen.sha1) || plain.includes(seen.sha256);
  if (seen.validUntil <= now) return { state: "expired", days };
  if (seen.validFrom > now) return { state: "not_yet", days };
  if (!known) return { state: trusted.length === 0 ? "untrusted" : "changed", days };
  return { state: seen.validUntil - now < warnDays * dayMs ? "expires" : "trusted", days };
}

/** A thumbprint without what stands between its digits on a machine's screen. */
export function plainThumbprint(text: string): string {
  return text.replaceAll(/[:\s-]/g, "").toLowerCase();
}

/** The thumbprints of a source's config; none where it says something else. */
export function trustedOf(config: Readonly<Record<string, unknown>>): readonly string[] {
  const trusted = config["trusted"];
  return Array.isArray(trusted) ? trusted.filter((one) => typeof one === "string") : [];
}
