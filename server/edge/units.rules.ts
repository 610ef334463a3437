/*
 * Exact linear conversions between units that a source may say and a tag may want. Whatever is not here is a wrong
 * unit: a guess would be a wrong value (reference: UNECE Rec. 20, SI brochure 9th ed.).
 */

interface Unit {
  readonly quantity: string;
  /** value in the base unit = value × factor + offset */
  readonly factor: number;
  readonly offset: number;
}

function unit(quantity: string, factor: number, offset = 0): Unit {
  return { quantity, factor, offset };
}

const fahrenheit = unit("temperature", 5 / 9, (459.67 * 5) / 9);

const units: ReadonlyMap<string, Unit> = new Map([
  ["°C", unit("temperature", 1, 273.15)],
  ["degC", unit("temperature", 1, 273.15)],
  ["C", unit("temperature", 1, 273.15)],
  ["°F", fahrenheit],
  ["degF", fahrenheit],
  ["F", fahrenheit],
  ["K", unit("temperature", 1)],
  ["Pa", unit("pressure", 1)],
  ["hPa", unit("pressure", 100)],
  ["mbar", unit("pressure", 100)],
  ["kPa", unit("pressure", 1000)],
  ["MPa", unit("pressure", 1e6)],
  ["bar", unit("pressure", 1e5)],
  ["psi", unit("pressure", 6894.757293168)],
  ["µm", unit("length", 1e-6)],
  ["mm", unit("length", 1e-3)],
  ["cm", unit("length", 1e-2)],
  ["m", unit("length", 1)],
  ["in", unit("length", 0.0254)],
  ["ft", unit("length", 0.3048)],
  ["mg", unit("mass", 1e-6)],
  ["g", unit("mass", 1e-3)],
  ["kg", unit("mass", 1)],
  ["t", unit("mass", 1000)],
  ["lb", unit("mass", 0.45359237)],
  ["ms", unit("time", 1e-3)],
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
  ["l/h", unit("flow", 1 / 60)],
  ["l/s", unit("flow", 60)],
  ["m³/h", unit("flow", 1000 / 60)],
  ["ml", unit("volume", 1e-3)],
  ["l", unit("volume", 1)],
  ["m³", unit("volume", 1000)],
  ["%", unit("share", 0.01)],
  ["1", unit("share", 1)],
]);

/** The value in the tag's unit, or null when there is no exact way from one unit to the other. */
export function convert(value: number, from: string, to: string): number | null {
  if (from === to) return value;
  const a = units.get(from);
  const b = units.get(to);
  if (a === undefined || b === undefined || a.quantity !== b.quantity) return null;
  return (value * a.factor + a.offset - b.offset) / b.factor;
}
