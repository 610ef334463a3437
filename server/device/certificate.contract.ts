import { z } from "zod";

/** SHA-1, as most machines show it, and SHA-256; hexadecimal, small letters. */
const Thumbprints = { sha1: z.string().length(40), sha256: z.string().length(64) };

/** The certificate that a server showed last. */
export const SeenCertificate = z.object({
  ...Thumbprints,
  subject: z.string().max(300),
  /** ms since epoch. */
  validFrom: z.number(),
  validUntil: z.number(),
  /** When it was shown, on the edge's clock, ms. */
  seenAt: z.number(),
});
export type SeenCertificate = z.infer<typeof SeenCertificate>;

/** What a driver with certificates knows: the server's, and its own, which the machine must trust. */
export const Certificates = z.object({
  /** null = it has shown none yet. */
  server: SeenCertificate.nullable(),
  own: z
    .object({ sha1: z.string().length(40), validUntil: z.number(), pem: z.string().max(8192) })
    .nullable(),
});
export type Certificates = z.infer<typeof Certificates>;
