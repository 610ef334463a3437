import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { refusalCodes } from "./core/refusal.contract.ts";

const folder = join(resolve(dirname(fileURLToPath(import.meta.url)), ".."), "messages");
const languages = ["en", "es", "de", "ar"] as const;

interface Words {
  readonly [key: string]: string | Words;
}

function flatten(words: Words, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(words).flatMap(([key, value]) =>
      typeof value === "string" ? [[prefix + key, value] as const] : [...flatten(value, `${prefix}${key}.`)],
    ),
  );
}

const all = new Map(
  languages.map((l) => [l, flatten(JSON.parse(readFileSync(join(folder, `${l}.json`), "utf8")) as Words)]),
);
const english = all.get("en") ?? new Map<string, string>();

test.each(languages)("%s says everything that English says, and nothing else", (language) => {
  const words = all.get(language) ?? new Map<string, string>();
  expect([...english.keys()].filter((k) => !words.has(k))).toEqual([]);
  expect([...words.keys()].filter((k) => !english.has(k))).toEqual([]);
});

test.each(languages)("%s fills in the same values as English", (language) => {
  const names = (text: string) => [...new Set([...text.matchAll(/\{\s*(\w+)/g)].map((m) => m[1]))].toSorted();
  const words = all.get(language) ?? new Map<string, string>();
  const differing = [...english].filter(([key, text]) => {
    const other = words.get(key);
    // Plural and select branches carry words in braces; compare only the plain ones.
    if (other === undefined || /\{\s*\w+\s*,\s*(plural|select)/.test(text)) return false;
    return names(text).join() !== names(other).join();
  });
  expect(differing.map(([key]) => key)).toEqual([]);
});

test.each(refusalCodes)("the refusal %s has words in each language", (code) => {
  for (const language of languages) expect(all.get(language)?.get(`refusal.${code}`), language).toBeTruthy();
});
