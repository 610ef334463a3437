import { requests, responses } from "jsmodbus";
import type { WriteResult } from "../driver.contract.ts";
import type { Register, Table } from "./modbus.contract.ts";
import type { Span } from "./span.rules.ts";
import { bytesOf } from "./value.rules.ts";

/** What a device answered to a read. `wrong` = not an answer to what was asked. */
export type ReadAnswer =
  | { readonly kind: "data"; readonly data: Uint8Array }
  | { readonly kind: "exception"; readonly code: number }
  | { readonly kind: "wrong"; readonly reason: string };

const readers: Record<Table, new (start: number, count: number) => { createPayload(): Buffer }> = {
  coil: requests.ReadCoilsRequestBody,
  discrete: requests.ReadDiscreteInputsRequestBody,
  input: requests.ReadInputRegistersRequestBody,
  holding: requests.ReadHoldingRegistersRequestBody,
};

export function readRequest({ table, start, count }: Span): Buffer {
  return new readers[table](start, count).createPayload();
}

/** @param asked the request's PDU, `pdu` the answer's. */
export function readAnswer(span: Span, asked: Buffer, pdu: Buffer): ReadAnswer {
  const code = exceptionIn(asked, pdu);
  if (code !== null) return { kind: "exception", code };
  const expected =
    span.table === "coil" || span.table === "discrete" ? Math.ceil(span.count / 8) : span.count * 2;
  const body: unknown = responses.ResponseFactory.fromBuffer(pdu);
  if (pdu[0] !== asked[0] || !hasData(body)) {
    return { kind: "wrong", reason: `function ${pdu[0]} came as the answer to ${asked[0]}` };
  }
  // A codec that trusts the byte count takes a short answer for a whole one.
  if (body.valuesAsBuffer.length !== expected || pdu.length !== expected + 2) {
    return { kind: "wrong", reason: `${pdu.length - 2} bytes of data came where ${expected} were asked for` };
  }
  return { kind: "data", data: body.valuesAsBuffer };
}

function hasData(body: unknown): body is { valuesAsBuffer: Buffer } {
  return (
    typeof body === "object" &&
    body !== null &&
    "valuesAsBuffer" in body &&
    Buffer.isBuffer(body.valuesAsBuffer)
  );
}

/** The value must fit the register: see `whyNotFitting`. */
export function writeRequest(register: Register, value: number | boolean): Buffer {
  const { table, address } = register;
  if (table === "coil")
    return new requests.WriteSingleCoilRequestBody(address, value === true).createPayload();
  const bytes = Buffer.from(bytesOf(Number(value), register));
  if (bytes.length === 2) {
    return new requests.WriteSingleRegisterRequestBody(address, bytes.readUInt16BE(0)).createPayload();
  }
  return new requests.WriteMultipleRegistersRequestBody(address, bytes).createPayload();
}

/** Function 5 and 6 are answered with the request itself, 16 with its first five bytes. */
export function writeAnswer(asked: Buffer, pdu: Buffer): WriteResult {
  const code = exceptionIn(asked, pdu);
  if (code === null) {
    const echo = asked.subarray(0, 5);
    if (echo.equals(pdu)) return { result: "accepted" };
    return { result: "unknown", reason: "the device's answer does not match what was written" };
  }
  const reason = `the device answered: ${exceptionWords(code)}`;
  if (code === acknowledge) return { result: "accepted" };
  return { result: mayHaveHappened.has(code) ? "unknown" : "refused", reason };
}

/** "Taken, it will last": the machine's echo shows what became of it. */
const acknowledge = 5;
/** The device or the gateway failed on the way: the value may have arrived. */
const mayHaveHappened: ReadonlySet<number> = new Set([4, 8, 11]);

function exceptionIn(asked: Buffer, pdu: Buffer): number | null {
  return pdu.length === 2 && pdu[0] === (asked[0] ?? 0) + 0x80 ? (pdu[1] ?? 0) : null;
}

const words: Readonly<Record<number, string>> = {
  1: "illegal function",
  2: "illegal data address",
  3: "illegal data value",
  4: "device failure",
  5: "acknowledge",
  6: "device busy",
  8: "memory parity error",
  10: "gateway path unavailable",
  11: "the device behind the gateway does not answer",
};

export function exceptionWords(code: number): string {
  return `exception ${code}${words[code] === undefined ? "" : ` (${words[code]})`}`;
}
