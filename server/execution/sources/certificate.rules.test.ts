import { expect, test } from "vitest";
import { certificateState, plainThumbprint, trustedOf } from "./certificate.rules.ts";

const day = 86_400_000;
const now = Date.parse("2026-06-01T12:00:00Z");
const sha1 = "ab".repeat(20);
const sha256 = "cd".repeat(32);
const shown = (from: number, until: number) => ({
  sha1,
  sha256,
  subject: "CN=lathe",
  validFrom: now + from * day,
  validUntil: now + until * day,
  seenAt: now,
});

test.each([
  [
    "is trusted by its SHA-1, with colons as the machine shows it",
    0,
    365,
    [sha1.toUpperCase().replaceAll(/(..)(?=.)/g, "$1:")],
    "trusted",
    365,
  ],
  ["is trusted by its SHA-256", 0, 365, [sha256], "trusted", 365],
  ["is not trusted where nobody trusts any", 0, 365, [], "untrusted", 365],
  ["has changed where another one is trusted", 0, 365, ["0".repeat(40)], "changed", 365],
  ["is quiet 30 days before its end", 0, 30, [sha1], "trusted", 30],
  ["is told with less than 30 days left", 0, 29.9, [sha1], "expires", 29],
  ["is told on its last day", 0, 0.5, [sha1], "expires", 0],
  ["is over at its very end", -10, 0, [sha1], "expired", 0],
  ["is over also where nobody trusts it", -10, -1, [], "expired", 0],
  ["is not valid yet where a clock is wrong", 1, 365, [sha1], "not_yet", 365],
] as const)("a server's certificate %s", (_what, from, until, trusted, state, days) => {
  expect(certificateState(shown(from - (from === 0 ? 1 : 0), until), trusted, now)).toEqual({ state, days });
});

test("thumbprints are compared without what stands between their digits, and a config may have none", () => {
  expect(plainThumbprint("AB:cd-12 34")).toBe("abcd1234");
  expect(trustedOf({ trusted: ["a", 3] })).toEqual(["a"]);
  expect(trustedOf({ trusted: "a" })).toEqual([]);
  expect(trustedOf({})).toEqual([]);
});
