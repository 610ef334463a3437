/** The range a value can have, as `0 – 400`; an end that is not set is open. */
export function limitsText(
  locale: string,
  low: number | null | undefined,
  high: number | null | undefined,
): string {
  if (low == null && high == null) return "–";
  const said = (end: number | null | undefined) =>
    end == null ? "…" : new Intl.NumberFormat(locale, { maximumFractionDigits: 4 }).format(end);
  return `${said(low)} – ${said(high)}`;
}
