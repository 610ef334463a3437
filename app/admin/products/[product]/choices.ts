/** What can be chosen on a product's page. */
export interface Choices {
  readonly products: readonly { readonly id: string; readonly code: string; readonly name: string }[];
  readonly materials: readonly {
    readonly id: string;
    readonly code: string;
    readonly name: string;
    readonly unit: string;
  }[];
  readonly machines: readonly { readonly id: number; readonly name: string; readonly kind: string }[];
  readonly skills: readonly { readonly id: number; readonly name: string }[];
}

/** A number as people type it, with a comma or a point. */
export const numberOf = (text: string): number => Number(text.replace(",", "."));

/** As exactly as people say it: no decimals where there are none, at most `most`. */
export function decimalsOf(value: number, most = 4): number {
  for (let decimals = 0; decimals < most; decimals++)
    if (Math.abs(value - Number(value.toFixed(decimals))) < 1e-9) return decimals;
  return most;
}
