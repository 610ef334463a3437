import { Unreadable } from "./unreadable.ts";

/** What a name or a topic may be made of: `{3}` is the third level of the topic. */
export type Tokens = Readonly<Record<string, string>>;

const token = /\{(\d+|[a-z]+)\}/g;

/** The words that stand in braces, numbers of levels among them. */
export function tokensOf(template: string): string[] {
  return [...template.matchAll(token)].map(([, word]) => word ?? "");
}

/** Why the template cannot be filled with these words and levels of the topic; null = it can. */
export function whyNotFillable(template: string, words: readonly string[], maxLevel: number): string | null {
  const wrong = tokensOf(template).find((word) =>
    /^\d/.test(word) ? Number(word) < 1 || Number(word) > maxLevel : !words.includes(word),
  );
  if (wrong !== undefined)
    return `{${wrong}} means nothing here: use {1}… for levels of the topic, ${list(words)}`;
  return /[{}]/.test(template.replaceAll(token, "")) ? "a brace is left over" : null;
}

/** @throws Unreadable when a token has no value in this message, e.g. the topic is too short. */
export function fill(template: string, tokens: Tokens): string {
  return template.replaceAll(token, (_, word: string) => {
    const value = Object.hasOwn(tokens, word) ? tokens[word] : undefined;
    if (value === undefined) throw new Unreadable(`there is no {${word}} for ${template}`);
    return value;
  });
}

/** The levels of a topic as tokens, from {1} on, and {topic} as a whole. */
export function topicTokens(topic: string): Record<string, string> {
  const levels = topic.split("/").map((level, i): [string, string] => [String(i + 1), level]);
  return { topic, ...Object.fromEntries(levels) };
}

function list(words: readonly string[]): string {
  return words.map((word) => `{${word}}`).join(", ");
}
