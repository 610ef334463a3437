import { X509Certificate } from "node:crypto";
import { type OPCUAClientOptions, type StatusCode, StatusCodes } from "node-opcua-client";
import type { Clock } from "#server/core/clock.ts";
import type { SeenCertificate } from "../certificate.contract.ts";
import { thumbprintsOf } from "./identity.ts";

type Store = NonNullable<OPCUAClientOptions["clientCertificateManager"]>;
/** What node-opcua asks of a store of certificates, whether it lies on a disk or not. */
type CertificateStore = Pick<
  Store,
  | "referenceCounter"
  | "initialize"
  | "dispose"
  | "checkCertificate"
  | "verifyCertificate"
  | "trustCertificate"
  | "rejectCertificate"
  | "getTrustStatus"
  | "addIssuer"
  | "addRevocationList"
>;

/**
 * Which server is believed: one whose certificate has a thumbprint that somebody wrote into the source's config, and
 * is valid today. Nothing is ever trusted by itself, and what was refused is remembered as a sentence.
 */
export class TrustList implements CertificateStore {
  referenceCounter = 0;
  readonly #server: string;
  readonly #trusted: ReadonlySet<string>;
  readonly #clock: Clock;
  /** Why the server's certificate was not taken last. */
  refusal: string | null = null;
  /** The certificate that the server showed. */
  seen: SeenCertificate | null = null;

  constructor(server: string, trusted: readonly string[], clock: Clock) {
    this.#server = server;
    this.#trusted = new Set(trusted);
    this.#clock = clock;
  }

  initialize(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  checkCertificate = ((certificate: Uint8Array | readonly Uint8Array[]) => {
    const chain = certificate instanceof Uint8Array ? certificate : certificate[0];
    const [status, why] = this.#judge(chain ?? new Uint8Array());
    this.refusal = why;
    return Promise.resolve(status);
  }) as CertificateStore["checkCertificate"];

  /** Asked of our own certificate only. */
  verifyCertificate = (() => Promise.resolve("Good")) as unknown as CertificateStore["verifyCertificate"];
  trustCertificate = (() => Promise.resolve()) as CertificateStore["trustCertificate"];
  rejectCertificate = (() => Promise.resolve()) as CertificateStore["rejectCertificate"];
  getTrustStatus = ((certificate: Uint8Array) =>
    Promise.resolve(this.#judge(certificate)[0])) as CertificateStore["getTrustStatus"];
  addIssuer = (() => Promise.resolve()) as unknown as CertificateStore["addIssuer"];
  addRevocationList = (() => Promise.resolve()) as unknown as CertificateStore["addRevocationList"];

  #judge(chain: Uint8Array): [StatusCode, string | null] {
    const server = this.#server;
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(chain);
    } catch {
      return [
        StatusCodes.BadCertificateInvalid,
        `The server ${server} shows a certificate that cannot be read.`,
      ];
    }
    // What follows the first certificate are its authorities.
    const { sha1, sha256 } = thumbprintsOf(certificate.raw);
    const [validFrom, validUntil] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    if (Number.isFinite(validFrom) && Number.isFinite(validUntil)) {
      const subject = certificate.subject.replaceAll("\n", ", ").slice(0, 300);
      this.seen = { sha1, sha256, subject, validFrom, validUntil, seenAt: this.#clock.now() };
    }
    if (!this.#trusted.has(sha1) && !this.#trusted.has(sha256)) {
      const why = `The certificate of the server ${server} is not trusted. Compare its thumbprint ${sha1} (SHA-256 ${sha256}) with the one that the machine shows, and add it to "trusted" if they are the same.`;
      return [StatusCodes.BadCertificateUntrusted, why];
    }
    const now = this.#clock.now();
    if (!(validUntil > now)) return [StatusCodes.BadCertificateTimeInvalid, whyExpired(server, validUntil)];
    if (!(validFrom <= now)) {
      const why = `The certificate of the server ${server} is valid from ${dayOf(validFrom)} only: set the clock of the edge, or that of the machine and make a new one.`;
      return [StatusCodes.BadCertificateTimeInvalid, why];
    }
    return [StatusCodes.Good, null];
  }
}

/** Said when it is refused, and of a connection that outlived it. */
export function whyExpired(server: string, until: number): string {
  return `The certificate of the server ${server} expired on ${dayOf(until)}: make a new one at the machine and trust it here.`;
}

function dayOf(time: number): string {
  return Number.isNaN(time) ? "an unknown day" : new Date(time).toISOString().slice(0, 10);
}
