import fc from "fast-check";
import { expect, test } from "vitest";
import {
  builtIn,
  type Held,
  meaningOf,
  outcomeOf,
  overflowed,
  qualityOf,
  typeName,
  whyNotFitting,
} from "./value.rules.ts";

const held = (dataType: number, value: unknown, arrayType = 0): Held => ({ dataType, arrayType, value });

test("numbers, flags and texts are taken as they are, and none is none", () => {
  expect(meaningOf(held(builtIn.Double, -2.5))).toEqual({ kind: "value", value: -2.5 });
  expect(meaningOf(held(builtIn.Boolean, false))).toEqual({ kind: "value", value: false });
  expect(meaningOf(held(builtIn.String, "läuft"))).toEqual({ kind: "value", value: "läuft" });
  expect(meaningOf(held(builtIn.LocalizedText, { text: "läuft", locale: "de" }))).toEqual({
    kind: "value",
    value: "läuft",
  });
  for (const none of [
    held(builtIn.Null, null),
    held(builtIn.String, null),
    held(builtIn.Double, undefined),
  ]) {
    expect(meaningOf(none)).toEqual({ kind: "none" });
  }
});

test("no digit of a 64-bit counter is lost", () => {
  const split = (whole: bigint) => [Number(BigInt.asUintN(64, whole) >> 32n), Number(whole & 0xffff_ffffn)];
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (whole) => {
      const meaning = meaningOf(held(builtIn.Int64, split(whole)));
      expect(meaning.kind === "value" && BigInt(meaning.value)).toBe(whole);
    }),
  );
  const largest = meaningOf(held(builtIn.UInt64, [0xffff_ffff, 0xffff_ffff]));
  expect(largest).toEqual({ kind: "value", value: 18_446_744_073_709_551_615n });
  expect(meaningOf(held(builtIn.Int64, split(-7n)))).toEqual({ kind: "value", value: -7 });
});

test("not-a-number is a broken value, and no zero", () => {
  for (const broken of [Number.NaN, Infinity, -Infinity]) {
    expect(meaningOf(held(builtIn.Float, broken))).toEqual({ kind: "broken" });
  }
});

test("a DateTime becomes ISO text; arrays, structures and byte strings are refused by their names", () => {
  const noon = new Date("2026-11-23T12:00:00Z");
  expect(meaningOf(held(builtIn.DateTime, noon))).toEqual({
    kind: "value",
    value: "2026-11-23T12:00:00.000Z",
  });
  expect(meaningOf(held(builtIn.Double, [1, 2], 1))).toEqual({ kind: "refused", what: "an array of Double" });
  expect(meaningOf(held(builtIn.ExtensionObject, {}))).toEqual({ kind: "refused", what: "a structure" });
  expect(meaningOf(held(builtIn.ByteString, Buffer.of(1)))).toEqual({
    kind: "refused",
    what: "a ByteString",
  });
  expect(typeName(99)).toBe("type 99");
});

test("TRAP: the severity is in the two highest bits, and the flags below say nothing of it", () => {
  for (const [status, expected] of [
    [0x0000_0000, 0],
    [0x0000_0480, 0], // good, with the overflow flag
    [0x0030_0000, 0], // GoodClamped
    [0x0096_0000, 1], // GoodLocalOverride: somebody forced it
    [0x4090_0000, 1], // UncertainLastUsableValue
    [0x4093_0000, 1], // UncertainSensorNotAccurate
    [0x4094_0480, 1], // UncertainEngineeringUnitsExceeded
    [0x8031_0000, 2], // BadNoCommunication
    [0x8032_0000, 2], // BadWaitingForInitialData
    [0x808c_0000, 2], // BadSensorFailure
    [0x808d_0000, 2], // BadOutOfService
    [0xc000_0000, 2], // reserved
  ] as const) {
    expect(qualityOf(status), status.toString(16)).toBe(expected);
  }
});

test("an overflow is one only where the flags are those of a data value", () => {
  expect(overflowed(0x0000_0480)).toBe(true);
  expect(overflowed(0x4090_0480)).toBe(true);
  expect(overflowed(0x0000_0080)).toBe(false);
  expect(overflowed(0x0000_0400)).toBe(false);
});

test("TRAP: Int16, Int32 and Double matter: what does not fit the node exactly is not written", () => {
  expect(whyNotFitting(32_767, "Int16")).toBeNull();
  expect(whyNotFitting(32_768, "Int16")).toBe("32768 does not fit into the node's Int16");
  expect(whyNotFitting(-1, "UInt32")).toBe("-1 does not fit into the node's UInt32");
  expect(whyNotFitting(1.5, "Int32")).toBe("the node takes whole numbers (Int32), and 1.5 is none");
  expect(whyNotFitting(2 ** 53, "Int64")).toContain("whole numbers");
  expect(whyNotFitting(Number.NaN, "Double")).toBe("the value is not a finite number");
  expect(whyNotFitting(1e39, "Float")).toBe("the value is too large for a Float");
  expect(whyNotFitting(225.5, "Float")).toBeNull();
  expect(whyNotFitting(1, "Boolean")).toBe("the node takes true or false only");
  expect(whyNotFitting(true, "Boolean")).toBeNull();
  expect(whyNotFitting("on", "Double")).toBe("the node takes a number (Double)");
  expect(whyNotFitting(1, "String")).toBe("the node takes a text");
  expect(whyNotFitting(1, "DateTime")).toBe("nothing is written to a node of type DateTime");
});

test("TRAP: a refusal is only what proves that nothing was done; clamped, late and unclear are unknown", () => {
  for (const [status, expected] of [
    [0x0000_0000, "accepted"],
    [0x002e_0000, "accepted"], // GoodCompletesAsynchronously: the echo decides
    [0x0030_0000, "unknown"], // GoodClamped: the machine took another value
    [0x4000_0000, "unknown"],
    [0x803b_0000, "refused"], // BadNotWritable
    [0x801f_0000, "refused"], // BadUserAccessDenied
    [0x8074_0000, "refused"], // BadTypeMismatch
    [0x803c_0000, "refused"], // BadOutOfRange
    [0x800a_0000, "unknown"], // BadTimeout
    [0x8005_0000, "unknown"], // BadCommunicationError
    [0x8000_0000, "unknown"], // Bad
    [0x8001_0000, "unknown"], // BadUnexpectedError
  ] as const) {
    expect(outcomeOf(status), status.toString(16)).toBe(expected);
  }
});
