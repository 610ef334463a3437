import bwip from "bwip-js/node";
import QRCode from "qrcode";

/** Dark stretches of a picture one module high or more, in modules; `width` includes the quiet zones. */
export interface CodePicture {
  readonly width: number;
  readonly height: number;
  readonly dark: readonly { readonly x: number; readonly y: number; readonly width: number }[];
}

/** A Code 128 (ISO/IEC 15417) with its quiet zones of ten modules; one row. */
export function code128(text: string): CodePicture {
  const [symbol] = bwip.raw("code128", text);
  if (symbol === undefined || !("sbs" in symbol)) throw new Error(`no Code 128 of ${text}`);
  const dark: CodePicture["dark"][number][] = [];
  let x = 10;
  for (const [i, width] of symbol.sbs.entries()) {
    if (i % 2 === 0) dark.push({ x, y: 0, width });
    x += width;
  }
  return { width: x + 10, height: 1, dark };
}

/** A QR code (ISO/IEC 18004) with its quiet zone of four modules. */
export function qrCode(text: string): CodePicture {
  const { size, data } = QRCode.create(text, { errorCorrectionLevel: "M" }).modules;
  const dark = [...data].flatMap((on, i) =>
    on === 0 ? [] : [{ x: (i % size) + 4, y: Math.floor(i / size) + 4, width: 1 }],
  );
  return { width: size + 8, height: size + 8, dark };
}
