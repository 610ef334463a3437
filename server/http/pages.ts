import { X509Certificate } from "node:crypto";
import { toString as qrCode } from "qrcode";
import type { Language } from "#server/execution/people/people.contract.ts";
import { directionOf, wordsFor } from "./words.ts";

/** A page that the door shows by itself: no script, one inline style sheet under `nonce`. */
export interface OwnPage {
  readonly html: string;
  readonly policy: string;
}

const style = `
  :root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
  body { max-width: 36rem; margin: 8vh auto; padding: 0 1.25rem; }
  h1 { font-size: 1.5rem; }
  a.download { display: inline-block; padding: .9rem 1.25rem; border: 2px solid; border-radius: .5rem; }
  code { overflow-wrap: anywhere; direction: ltr; unicode-bidi: isolate; }
  .qr { width: min(16rem, 80vw); background: #fff; padding: .75rem; border-radius: .5rem; }
  .qr svg { display: block; }
  li { margin-block: 1rem; }`;

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (one) => escapes[one] ?? one);

function page(language: Language, nonce: string, title: string, body: string, head = ""): OwnPage {
  return {
    html: `<!doctype html>
<html lang="${language}" dir="${directionOf(language)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">${head}
<title>${escapeHtml(title)}</title><style nonce="${nonce}">${style}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>
`,
    policy: `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
}

/** Shown while the process that renders screens is away; looks again every two seconds without a script. */
export function startingPage(language: Language, nonce: string): OwnPage {
  const words = wordsFor(language);
  const text = `<p role="status">${escapeHtml(words.startingText)}</p>`;
  return page(language, nonce, words.startingTitle, text, '<meta http-equiv="refresh" content="2">');
}

/** A sentence that says why the door does not open. */
export function refusedPage(
  language: Language,
  nonce: string,
  why: "refusedHost" | "refusedMethod",
): OwnPage {
  return page(language, nonce, wordsFor(language)[why], "");
}

/**
 * How a tablet comes to trust this plant: the certificate of its own authority (`ca`, PEM; null with a certificate
 * that is trusted anyway) and the address to open, also as a QR code.
 */
export async function trustPage(
  language: Language,
  nonce: string,
  address: string,
  ca: string | null,
): Promise<OwnPage> {
  const words = wordsFor(language);
  const svg = await qrCode(address, { type: "svg", margin: 0, errorCorrectionLevel: "M" });
  const certificate =
    ca === null
      ? ""
      : `<li><p>${escapeHtml(words.trustStepCertificate)}</p>
<p><a class="download" href="/trust/ca.crt" download="millwright-ca.crt">${escapeHtml(words.trustDownload)}</a></p>
<p>${escapeHtml(words.trustFingerprint)}<br><code>${new X509Certificate(ca).fingerprint256}</code></p></li>`;
  const open = `<li><p>${escapeHtml(words.trustStepOpen)}</p>
<p><a href="${escapeHtml(address)}"><code>${escapeHtml(address)}</code></a></p><div class="qr">${svg}</div></li>`;
  return page(
    language,
    nonce,
    words.trustTitle,
    `<p>${escapeHtml(words.trustIntro)}</p><ol>${certificate}${open}</ol>`,
  );
}
