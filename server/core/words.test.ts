import ar from "#messages/ar.json" with { type: "json" };
import de from "#messages/de.json" with { type: "json" };
import en from "#messages/en.json" with { type: "json" };
import es from "#messages/es.json" with { type: "json" };
import { expect, test } from "vitest";
import { roles } from "./actor.contract.ts";
import { refusalCodes } from "./refusal.contract.ts";

const languages = { en, es, de, ar };

test.each(Object.entries(languages))(
  "every refusal and every role has its words in %s, and no other has",
  (_language, words) => {
    expect(Object.keys(words.refusal).toSorted()).toEqual(refusalCodes.toSorted());
    expect(Object.keys(words.role).toSorted()).toEqual(roles.toSorted());
    for (const text of Object.values({ ...words.refusal, ...words.role })) expect(text.trim()).not.toBe("");
  },
);

test("words name the same values in every language", () => {
  const named = (text: string) =>
    [...text.matchAll(/\{(\w+)[,}]/g)].map((match) => String(match[1])).toSorted();
  for (const code of refusalCodes) {
    for (const words of [es, de, ar])
      expect([code, named(words.refusal[code])]).toEqual([code, named(en.refusal[code])]);
  }
});
