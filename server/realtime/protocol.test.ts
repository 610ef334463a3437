import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { protocolVersion } from "./protocol.contract.ts";

/** SHA-256 of what each version meant; a new version gets a new line, old lines stay. */
const meanings: Record<number, string> = {
  1: "cddfce3aca2a6f9a54285e79eaafaff083c8e263ae04bea78251b6bbd1fa908a",
};

/** Without comments and blanks: words may be bettered without a new version. */
function meaning(file: string): string {
  return readFileSync(join(import.meta.dirname, file), "utf8")
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "")
    .replaceAll(/protocolVersion = \d+/g, "")
    .replaceAll(/\s+/g, "");
}

test("whoever changes what screens and server say to each other raises the version", () => {
  const hash = createHash("sha256")
    .update(meaning("protocol.contract.ts"))
    .update(meaning("watch.contract.ts"))
    .digest("hex");
  expect(
    meanings[protocolVersion],
    `raise protocolVersion and add its line: the protocol now hashes to ${hash}`,
  ).toBe(hash);
});
