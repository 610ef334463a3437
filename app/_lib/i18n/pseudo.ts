/** Words as they stand in messages/<language>.json. */
export interface Words {
  readonly [key: string]: string | Words;
}

const accented = new Map(
  "aáeéiíoóuúyýcçnñsšzžAÁEÉIÍOÓUÚYÝCÇNÑSŠZŽ".split("").reduce<[string, string][]>((pairs, letter, i, all) => {
    if (i % 2 === 0) pairs.push([letter, all[i + 1] ?? letter]);
    return pairs;
  }, []),
);

/** End of the `{…}` that opens at `start`. */
function closing(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "{") depth += 1;
    if (text[i] === "}" && --depth === 0) return i;
  }
  return text.length - 1;
}

/** Rewrites the words of an ICU message and leaves its arguments, keywords and tags alone. */
function rewrite(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] ?? "";
    if (letter === "{") {
      const end = closing(text, i);
      const inside = text.slice(i + 1, end);
      const branching = /^\s*\w+\s*,\s*(plural|select|selectordinal)\s*,/.exec(inside);
      out +=
        branching === null
          ? `{${inside}}`
          : `{${branching[0]}${branches(inside.slice(branching[0].length))}}`;
      i = end;
    } else if (letter === "<") {
      const end = text.indexOf(">", i);
      out += text.slice(i, end + 1);
      i = end;
    } else {
      out += accented.get(letter) ?? letter;
    }
  }
  return out;
}

function branches(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "{") {
      out += text[i] ?? "";
      continue;
    }
    const end = closing(text, i);
    out += `{${rewrite(text.slice(i + 1, end))}}`;
    i = end;
  }
  return out;
}

/** One message, accented, bracketed and 40 % longer. */
export function pseudoMessage(text: string): string {
  const visible = text.replaceAll(/\{[^}]*\}|<[^>]*>/g, "").length;
  return `[${rewrite(text)}${"·".repeat(Math.ceil(visible * 0.4))}]`;
}

/** The pseudo-language made from English: what stays plain was never translated, what is cut has no room. */
export function pseudoWords(words: Words): Words {
  return Object.fromEntries(
    Object.entries(words).map(([key, value]) => [
      key,
      typeof value === "string" ? pseudoMessage(value) : pseudoWords(value),
    ]),
  );
}
