import { z } from "zod";

/**
 * Control characters, line and paragraph separators, zero-width and bidirectional marks, and halves of
 * surrogate pairs: nothing a name needs, everything a forged one does.
 */
const unwanted = /[\p{Cc}\p{Cs}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/u;

/** A name or remark of one line: trimmed, Unicode NFC, 1 to `max` characters, no control or bidi characters. */
export function plainText(max = 128): z.ZodType<string, string> {
  return z
    .string()
    .max(max * 4)
    .transform((text) => text.normalize("NFC").trim())
    .pipe(
      z
        .string()
        .min(1)
        .max(max)
        .refine((text) => !unwanted.test(text), "control or direction characters are not allowed"),
    );
}

/** A short technical word: letters, digits, `-` and `_`, as in codes of people, machines and orders. */
export function codeText(max = 32): z.ZodString {
  return z
    .string()
    .min(1)
    .max(max)
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, "letters, digits, - and _ only");
}
