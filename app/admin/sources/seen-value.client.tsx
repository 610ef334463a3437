"use client";

import { useLocale } from "next-intl";
import type { ReactNode } from "react";

/** A raw value as a source said it; a dash where it said none. */
export function SeenWords(props: {
  value: string | number | boolean | null | undefined;
  unit: string | null;
}): ReactNode {
  const { value, unit } = props;
  const locale = useLocale();
  const said =
    value === null || value === undefined
      ? "–"
      : typeof value === "number"
        ? new Intl.NumberFormat(locale, { maximumFractionDigits: 4 }).format(value)
        : String(value);
  return (
    <span className="value whitespace-nowrap" dir="ltr">
      <bdi>{said}</bdi>
      {unit !== null && unit !== "" && value != null && <span className="unit">{unit}</span>}
    </span>
  );
}
