import type { ReactNode } from "react";
import { type AnalogueScale, outsideBand, placeOn, shownRange } from "./analogue.ts";

/**
 * A value as a place: normal band shaded, limits as lines, the set-point dashed. A stale value loses its fill.
 * The number beside it belongs to the caller; this drawing is hidden from screen readers.
 */
export function AnalogueBar(props: {
  value: number | null;
  stale: boolean;
  scale: AnalogueScale;
  setpoint: number | null;
}): ReactNode {
  const { value, stale, scale, setpoint } = props;
  const range = shownRange(scale, setpoint);
  if (range === null) return <div className="analogue hatched" aria-hidden="true" />;
  const at = (v: number) => ({ insetInlineStart: `${String(placeOn(range, v))}%` });
  const { normalLow, normalHigh } = scale;
  const outside = value !== null && !stale && outsideBand(scale, value) !== null;
  return (
    <div
      className={`analogue ${stale || value === null ? "hatched" : ""}`}
      data-stale={stale}
      data-outside={outside}
      aria-hidden="true"
    >
      {normalLow !== null && normalHigh !== null && (
        <>
          <div
            className="band"
            style={{
              ...at(normalLow),
              inlineSize: `${String(placeOn(range, normalHigh) - placeOn(range, normalLow))}%`,
            }}
          />
          <div className="limit" style={at(normalLow)} />
          <div className="limit" style={at(normalHigh)} />
        </>
      )}
      {setpoint !== null && <div className="setpoint" style={at(setpoint)} />}
      {value !== null && <div className="now" style={at(value)} />}
    </div>
  );
}
