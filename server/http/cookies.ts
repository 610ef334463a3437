/** The cookies of the house. `__Host-`: Secure, path /, this host alone (ASVS 3.3.1). */
export const cookieNames = {
  session: "__Host-session",
  badge: "__Host-badge",
  station: "__Host-station",
} as const;

/** The value of one cookie of a request, or null. */
export function readCookie(headers: Headers, name: string): string | null {
  for (const part of (headers.get("cookie") ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return null;
}

/** A Set-Cookie header that no script can read and no other site can send. @param seconds 0 deletes it */
export function writeCookie(name: string, value: string, seconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Strict`;
}

/** The headers a browser would send next, after it took these Set-Cookie headers. */
export function withCookies(headers: Headers, setCookies: readonly string[]): Headers {
  const jar = new Map<string, string>();
  const pairs = [
    ...(headers.get("cookie") ?? "").split(";"),
    ...setCookies.map((one) => one.split(";")[0] ?? ""),
  ];
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals > 0) jar.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
  }
  const next = new Headers(headers);
  next.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
  return next;
}
