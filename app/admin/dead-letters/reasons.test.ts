import { expect, test } from "vitest";
import de from "#messages/de.json" with { type: "json" };
import en from "#messages/en.json" with { type: "json" };
import { deadReasons } from "#server/edge/block.contract.ts";
import { mendOf, reasonKey } from "./reasons.ts";

test("every reason for which an edge keeps a letter has words of its own, and says what to do", () => {
  for (const reason of deadReasons) {
    expect(reasonKey(reason)).toBe(`reason.${reason}`);
    expect(Object.keys(en.admin.letters.reason)).toContain(reason);
    expect(Object.keys(de.admin.letters.mend)).toContain(mendOf(reason));
  }
  expect(reasonKey("frame_checksum")).toBe("reason.frame");
});
