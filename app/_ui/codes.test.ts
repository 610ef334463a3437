import {
  BarcodeFormat,
  BinaryBitmap,
  GlobalHistogramBinarizer,
  MultiFormatReader,
  RGBLuminanceSource,
} from "@zxing/library";
import { expect, test } from "vitest";
import { type CodePicture, code128, qrCode } from "./codes.ts";

/** Reads a picture as a scanner does: drawn at a few pixels a module, then decoded from its brightness. */
function scanned({ width, height, dark }: CodePicture): { text: string; format: BarcodeFormat } {
  const scale = 3;
  const tall = Math.max(height, 30);
  const light = new Uint8ClampedArray(width * scale * tall * scale).fill(255);
  for (const stretch of dark) {
    const rows = height === 1 ? [0, tall * scale] : [stretch.y * scale, (stretch.y + 1) * scale];
    for (let y = rows[0] ?? 0; y < (rows[1] ?? 0); y++)
      light.fill(
        0,
        y * width * scale + stretch.x * scale,
        y * width * scale + (stretch.x + stretch.width) * scale,
      );
  }
  const source = new RGBLuminanceSource(light, width * scale, tall * scale);
  const result = new MultiFormatReader().decode(new BinaryBitmap(new GlobalHistogramBinarizer(source)));
  return { text: result.getText(), format: result.getBarcodeFormat() };
}

test.each(["1001", "PO-2026-0815", "PO-1001/10", "a_B-9"])("a scanner reads %s from its Code 128", (text) => {
  expect(scanned(code128(text))).toEqual({ text, format: BarcodeFormat.CODE_128 });
});

test.each(["1001", "PO-1001/10"])("a camera reads %s from its QR code", (text) => {
  expect(scanned(qrCode(text))).toEqual({ text, format: BarcodeFormat.QR_CODE });
});
