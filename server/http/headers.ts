import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Headers by which a request would speak to Next's inside, or pretend to come from somewhere else (GHSA-ffhc-5mcf-
 * pf4q, CVE-2025-29927). Nobody stands before this door, so nobody may send them.
 */
const stripped =
  /^(?:forwarded|via|next-action|next-resume|x-nonce|x-real-ip|x-original-.*|x-rewrite-.*|x-matched-path|x-forwarded-.*|x-middleware-.*|x-invoke-.*|x-next-.*|x-nextjs-.*|x-now-.*|x-vercel-.*|x-action-.*|x-prerender-.*|content-security-policy.*)$/;

/** Takes those headers out of a request, in both forms in which Node keeps them. */
export function stripHeaders(request: IncomingMessage): void {
  for (const name of Object.keys(request.headers)) {
    if (stripped.test(name)) delete request.headers[name];
  }
  const raw = request.rawHeaders;
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = "", value = ""] = [raw[i], raw[i + 1]];
    if (!stripped.test(name.toLowerCase())) kept.push(name, value);
  }
  raw.splice(0, raw.length, ...kept);
}

/** 128 random bits, base64, for the one page they are made for. */
export function newNonce(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
}

/**
 * The policy of our own pages (ASVS 3.4.3). Scripts run only with this request's nonce. Style *attributes* stay
 * allowed: charts rendered on the server position their parts by them.
 * @param dev next dev evaluates code and injects style sheets
 */
export function contentSecurityPolicy(nonce: string, host: string, dev: boolean): string {
  const script = `'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ""}`;
  return [
    "default-src 'self'",
    `script-src ${script}`,
    "script-src-attr 'none'",
    dev ? "style-src-elem 'self' 'unsafe-inline'" : `style-src-elem 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' wss://${host} ws://${host}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "media-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-src 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** What every answer carries. @param hsts only with a certificate that browsers trust by themselves */
export function setSecurityHeaders(response: ServerResponse, hsts: boolean): void {
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("x-frame-options", "DENY");
  response.setHeader("referrer-policy", "same-origin");
  response.setHeader("cross-origin-opener-policy", "same-origin");
  response.setHeader("cross-origin-resource-policy", "same-origin");
  response.setHeader(
    "permissions-policy",
    "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), serial=()",
  );
  if (hsts) response.setHeader("strict-transport-security", "max-age=31536000");
}
