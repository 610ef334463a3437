import type { Register, RegisterType } from "./modbus.contract.ts";
import { wordsOf } from "./modbus.contract.ts";

/** The value of a register; null when the device says "not a number", as many do for a broken sensor. */
export type RegisterValue = number | bigint | boolean | null;

/**
 * Takes a value out of the data of an answer.
 * @param data registers as they came (two bytes each), or bits, eight a byte, the lowest first
 * @param start address of the first of them; the register must lie within
 */
export function valueIn(data: Uint8Array, start: number, register: Register): RegisterValue {
  const offset = register.address - start;
  if (register.table === "coil" || register.table === "discrete") {
    return (((data[offset >> 3] ?? 0) >> (offset & 7)) & 1) === 1;
  }
  const bytes = data.slice(offset * 2, (offset + wordsOf[register.type]) * 2);
  const view = new DataView(arranged(bytes, register).buffer);
  switch (register.type) {
    case "bool":
      return ((view.getUint16(0) >> (register.bit ?? 0)) & 1) === 1;
    case "uint16":
      return view.getUint16(0);
    case "int16":
      return view.getInt16(0);
    case "uint32":
      return view.getUint32(0);
    case "int32":
      return view.getInt32(0);
    case "float32":
      return finite(view.getFloat32(0));
    case "float64":
      return finite(view.getFloat64(0));
    case "uint64":
      return exact(view.getBigUint64(0));
    case "int64":
      return exact(view.getBigInt64(0));
  }
}

const integers: Partial<Record<RegisterType, readonly [number, number]>> = {
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  // What a number can say exactly; a set-point beyond that is a mistake.
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/** Why a value cannot be written to a register, in words; null = it fits. */
export function whyNotFitting(value: number | string | boolean, { type }: Register): string | null {
  if (type === "bool") return typeof value === "boolean" ? null : "the register takes true or false";
  if (typeof value !== "number") return "the register takes numbers";
  if (!Number.isFinite(value)) return "the value is not a finite number";
  const range = integers[type];
  if (range !== undefined) {
    if (!Number.isInteger(value)) return `a register of type ${type} takes whole numbers`;
    if (value < range[0] || value > range[1]) return `${value} does not fit into ${type}`;
  }
  if (type === "float32" && !Number.isFinite(Math.fround(value))) return `${value} does not fit into float32`;
  return null;
}

/** The bytes of a number as the register wants them. The value must fit: see `whyNotFitting`. */
export function bytesOf(value: number, register: Register): Uint8Array {
  const bytes = new Uint8Array(wordsOf[register.type] * 2);
  const view = new DataView(bytes.buffer);
  switch (register.type) {
    case "float32":
      view.setFloat32(0, value);
      break;
    case "float64":
      view.setFloat64(0, value);
      break;
    case "uint64":
    case "int64":
      view.setBigInt64(0, BigInt(value));
      break;
    case "uint32":
    case "int32":
      view.setInt32(0, value);
      break;
    default:
      view.setInt16(0, value);
  }
  return arranged(bytes, register);
}

/** From the device's order to big-endian and back: both steps are their own opposite. */
function arranged(bytes: Uint8Array, { wordOrder, byteSwap }: Register): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  const words = bytes.length / 2;
  for (let word = 0; word < words; word++) {
    const from = wordOrder === "big" ? word : words - 1 - word;
    out[word * 2] = bytes[from * 2 + (byteSwap ? 1 : 0)] ?? 0;
    out[word * 2 + 1] = bytes[from * 2 + (byteSwap ? 0 : 1)] ?? 0;
  }
  return out;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
