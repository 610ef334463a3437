/** What must not leave the plant, as far as it is known by its very text. */
export interface Known {
  readonly secrets: readonly string[];
  /** Names, codes and badges of people. */
  readonly people: readonly string[];
}

export const secretMark = "[secret]";
export const personMark = "[person]";

/** Shorter ones would blot out half of every text, and nothing that short keeps anything secret. */
const shortestSecret = 6;
const shortestName = 2;
const shortestPart = 3;
const beyondLatin = /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u;

/** Keys whose value is nobody else's business, in JSON, in settings and in `key=value`. */
const secretKey =
  "[\\w.-]*(?:passw(?:or)?d|passphrase|pin|secret|token|cookie|authorization|badge|pepper|api_?key|private_?key|credential|session|signature|hash)s?";

/** Words of names that say what people do, not who they are. */
const plainWords: ReadonlySet<string> = new Set(
  "admin administrator operator setter quality maintenance supervisor manager service station line machine press server edge the and van von der del las los".split(
    " ",
  ),
);

const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [^-]+-----[\s\S]*?(?:-----END [^-]+-----|$)/g, secretMark],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, `$1${secretMark}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${secretMark}`],
  [
    new RegExp(`((?:\\\\?["'])${secretKey}\\\\?["']\\s*:\\s*)(\\\\?["'])(?:(?!\\2).)*\\2`, "gi"),
    `$1$2${secretMark}$2`,
  ],
  [new RegExp(`((?:\\\\?["'])${secretKey}\\\\?["']\\s*:\\s*)-?\\d+(?:\\.\\d+)?`, "gi"), `$1"${secretMark}"`],
  [new RegExp(`\\b(${secretKey}=)[^\\s&;,"']+`, "gi"), `$1${secretMark}`],
  [/\$argon2[^\s"']+/g, secretMark],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, secretMark],
  [/(?<![\w-])(?:[0-9a-f]{32,}|[0-9A-F]{32,})(?![\w-])/g, secretMark],
  [/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{32,}(?![\w-])/g, secretMark],
  [/(?<![\w+/-])(?=[\w+/]*\d)[A-Za-z0-9+/]{40,}={0,2}/g, secretMark],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, personMark],
];

/**
 * Makes what takes secrets and people out of a text: what is known by its text, then whatever looks like a secret. It
 * takes out rather too much than too little.
 */
export function createScrubber(known: Known): (text: string) => string {
  const secrets = spellings(
    known.secrets.map((one) => one.trim()).filter((one) => one.length >= shortestSecret),
  );
  const people = peopleWords(known.people);
  const secretPattern = anyOf(secrets, "g");
  const apart = people.filter((one) => !beyondLatin.test(one));
  const peoplePattern =
    apart.length === 0
      ? null
      : new RegExp(`(?<![\\p{L}\\p{N}])(?:${apart.map(escaped).join("|")})(?![\\p{L}\\p{N}])`, "giu");
  // Scripts that join words, or write them without a space between.
  const joined = anyOf(
    people.filter((one) => beyondLatin.test(one)),
    "g",
  );
  return (text) => {
    let clean = secretPattern === null ? text : text.replace(secretPattern, secretMark);
    for (const [pattern, mark] of patterns) clean = clean.replace(pattern, mark);
    if (joined !== null) clean = clean.replace(joined, personMark);
    return peoplePattern === null ? clean : clean.replace(peoplePattern, personMark);
  };
}

/** What of the known is still in a text; must be nothing before it leaves the plant. */
export function leftIn(text: string, known: Known): string[] {
  const secrets = spellings(
    known.secrets.map((one) => one.trim()).filter((one) => one.length >= shortestSecret),
  );
  const lower = text.toLowerCase();
  return [
    ...secrets.filter((one) => text.includes(one)),
    ...known.people.filter((one) => one.includes(" ") && lower.includes(one.toLowerCase())),
  ];
}

/** Whole names, and each of their words: logs speak of "Dana" as well as of "Dana Weber". */
function peopleWords(people: readonly string[]): string[] {
  const parts = people.flatMap((name) => name.split(/[\s,.]+/)).filter((part) => part.length >= shortestPart);
  const whole = people.map((name) => name.trim()).filter((name) => name.length >= shortestName);
  const own = [...whole, ...parts].filter((word) => !plainWords.has(word.toLowerCase()));
  // A short number is nobody's name, and would blot out ports and sizes.
  const named = own.filter((word) => !/^\d{1,5}$/.test(word));
  return [...new Set(named)].toSorted((a, b) => b.length - a.length);
}

/** How a secret may stand in a log: as it is, in a URL, in JSON. Longest first. */
function spellings(secrets: readonly string[]): string[] {
  const all = secrets.flatMap((one) => [one, encodeURIComponent(one), JSON.stringify(one).slice(1, -1)]);
  return [...new Set(all)].toSorted((a, b) => b.length - a.length);
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");

function anyOf(texts: readonly string[], flags: string): RegExp | null {
  return texts.length === 0 ? null : new RegExp(texts.map(escaped).join("|"), flags);
}

/** A setting or source without what its keys call secret, however deep. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (value === null || typeof value !== "object") return value;
  const key = new RegExp(`^${secretKey}$`, "i");
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, key.test(name) ? secretMark : withoutSecrets(inner)]),
  );
}

/** Every text in a document, scrubbed; its numbers stay numbers, whatever badge they look like. */
export function scrubbed(value: unknown, scrub: (text: string) => string): unknown {
  if (typeof value === "string") return scrub(value);
  if (Array.isArray(value)) return value.map((one) => scrubbed(one, scrub));
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [scrub(name), scrubbed(inner, scrub)]),
  );
}

/** The texts that a setting's or source's keys call secret, however deep. */
export function secretsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  if (value === null || typeof value !== "object") return [];
  const key = new RegExp(`^${secretKey}$`, "i");
  return Object.entries(value).flatMap(([name, inner]) =>
    key.test(name) && typeof inner === "string" ? [inner] : secretsIn(inner),
  );
}
