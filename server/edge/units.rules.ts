/*
 * Exact linear conversions between units that a source may say and a tag may want. Whatever is not here is a wrong
 * unit: a guess would be a wrong value (reference: UNECE Rec. 20, SI brochure 9th ed.).
 */

interface Unit {
  readonly quantity: string;
  /** value in the base unit = (value − zero) × times / per: two whole numbers where a quotient would not be exact. */
  readonly times: number;
  readonly per: number;
  /** What this unit says where the base unit says 0. */
  readonly zero: number;
}

function unit(quantity: string, times: number, { per = 1, zero = 0 } = {}): Unit {
  return { quantity, times, per, zero };
}

const celsius = unit("temperature", 1);
const fahrenheit = unit("temperature", 5, { per: 9, zero: 32 });

const units: ReadonlyMap<string, Unit> = new Map([
  ["°C", celsius],
  ["degC", celsius],
  ["C", celsius],
  ["°F", fahrenheit],
  ["degF", fahrenheit],
  ["F", fahrenheit],
  ["K", unit("temperature", 1, { zero: 273.15 })],
  ["Pa", unit("pressure", 1)],
  ["hPa", unit("pressure", 100)],
  ["mbar", unit("pressure", 100)],
  ["kPa", unit("pressure", 1000)],
  ["MPa", unit("pressure", 1e6)],
  ["bar", unit("pressure", 1e5)],
  // A pound of force on a square inch, both exact.
  ["psi", unit("pressure", 0.45359237 * 9.80665, { per: 0.0254 ** 2 })],
  ["µm", unit("length", 1, { per: 1e6 })],
  ["mm", unit("length", 1, { per: 1000 })],
  ["cm", unit("length", 1, { per: 100 })],
  ["m", unit("length", 1)],
  ["in", unit("length", 0.0254)],
  ["ft", unit("length", 0.3048)],
  ["mg", unit("mass", 1, { per: 1e6 })],
  ["g", unit("mass", 1, { per: 1000 })],
  ["kg", unit("mass", 1)],
  ["t", unit("mass", 1000)],
  ["lb", unit("mass", 0.45359237)],
  ["ms", unit("time", 1, { per: 1000 })],
  ["s", unit("time", 1)],
  ["min", unit("time", 60)],
  ["h", unit("time", 3600)],
  ["Wh", unit("energy", 3600)],
  ["kWh", unit("energy", 3.6e6)],
  ["MWh", unit("energy", 3.6e9)],
  ["J", unit("energy", 1)],
  ["kJ", unit("energy", 1000)],
  ["MJ", unit("energy", 1e6)],
  ["W", unit("power", 1)],
  ["kW", unit("power", 1000)],
  ["l/min", unit("flow", 1)],
  ["l/h", unit("flow", 1, { per: 60 })],
  ["l/s", unit("flow", 60)],
  ["m³/h", unit("flow", 1000, { per: 60 })],
  ["ml", unit("volume", 1, { per: 1000 })],
  ["l", unit("volume", 1)],
  ["m³", unit("volume", 1000)],
  ["%", unit("share", 1, { per: 100 })],
  ["1", unit("share", 1)],
]);

/** Digits that a double holds of every decimal number: what stands behind them is the noise of the computation. */
const digits = 15;

/** The value in the tag's unit, to 15 digits, or null when there is no exact way from one unit to the other. */
export function convert(value: number, from: string, to: string): number | null {
  if (from === to) return value;
  const a = units.get(from);
  const b = units.get(to);
  if (a === undefined || b === undefined || a.quantity !== b.quantity) return null;
  const converted = ((value - a.zero) * a.times * b.per) / (a.per * b.times) + b.zero;
  return Number(converted.toPrecision(digits));
}
