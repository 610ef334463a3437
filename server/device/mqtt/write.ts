import type { Prepared } from "./mapping.ts";
import { fill, type Tokens, tokensOf } from "./template.ts";
import { matches } from "./topics.rules.ts";
import { Unreadable } from "./unreadable.ts";

/**
 * Topic and payload of one write; a sentence when it must not be sent.
 * @param now ms since epoch, for `{now}`.
 */
export function writeOf(
  { mapping }: Prepared,
  tokens: Tokens,
  value: number | string | boolean,
  now: number,
  mappings: readonly Prepared[],
): { topic: string; payload: string } | string {
  const { write } = mapping;
  if (write === undefined) return "the source's config names no topic to write it to";
  if (typeof value === "number" && !Number.isFinite(value)) return "the value is not a finite number";
  // A name inside a payload comes from the wire: with a / or + in it, it would choose another topic.
  const strange = tokensOf(write.topic).find(
    (word) => word !== "topic" && /[/+#\0]/.test(tokens[word] ?? ""),
  );
  if (strange !== undefined) return `{${strange}} is "${tokens[strange]}", which cannot stand in a topic`;
  try {
    const topic = fill(write.topic, tokens);
    if (topic === "" || topic.startsWith("$") || /[+#\0]/.test(topic))
      return `${topic} is no topic to write to`;
    const levels = topic.split("/");
    // We would take our own words for the machine's echo.
    const heard = mappings.find((other) => matches(other.levels, levels));
    if (heard !== undefined) {
      return `the write to ${topic} would be heard with ${heard.mapping.filter} and look like the machine's echo`;
    }
    return { topic, payload: payloadOf(write.payload, mapping.payload, tokens, value, now) };
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
}

/** Braces that are no token are JSON's own. */
function payloadOf(
  template: string,
  kind: Prepared["mapping"]["payload"],
  tokens: Tokens,
  value: number | string | boolean,
  now: number,
): string {
  const json = kind === "json" || kind === "umh";
  return template.replaceAll(/\{(\d+|[a-z]+)\}/g, (whole, word: string) => {
    if (word === "value") return json ? JSON.stringify(value) : String(value);
    if (word === "now") return String(now);
    const token = Object.hasOwn(tokens, word) ? tokens[word] : undefined;
    if (token === undefined) return whole;
    // Between quotes of the template: it may not end them.
    return json ? JSON.stringify(token).slice(1, -1) : token;
  });
}
