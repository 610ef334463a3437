/**
 * A code from a name, so that nobody has to think of one: small letters and digits of the Latin alphabet, joined by
 * `-`; `taken` ones get a number. A name without any such letter gets `fallback`.
 */
export function codeOf(name: string, fallback: string, taken: readonly string[] = []): string {
  const plain = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const base = (plain === "" ? fallback : plain).slice(0, 28).replace(/-$/, "");
  for (let n = 1; ; n++) {
    const code = n === 1 ? base : `${base}-${String(n)}`;
    if (!taken.includes(code)) return code;
  }
}
