import type { ReactNode } from "react";
import { type CodePicture, code128, qrCode } from "./codes.ts";

/** A Code 128 for a scanner, its text beneath; black on white whatever the theme. */
export function Barcode(props: { text: string; className?: string }): ReactNode {
  return (
    <figure className="code-plate inline-flex flex-col items-center">
      <Picture
        code={code128(props.text)}
        kind="code128"
        text={props.text}
        className={props.className ?? "h-16"}
      />
      <figcaption dir="ltr" className="text-sm tracking-widest">
        {props.text}
      </figcaption>
    </figure>
  );
}

/** A QR code of the same text, for a camera. */
export function QrPicture(props: { text: string; className?: string }): ReactNode {
  return (
    <Picture code={qrCode(props.text)} kind="qr" text={props.text} className={props.className ?? "size-32"} />
  );
}

function Picture(props: { code: CodePicture; kind: string; text: string; className: string }): ReactNode {
  const { width, height, dark } = props.code;
  return (
    <svg
      viewBox={`0 0 ${String(width)} ${String(height)}`}
      preserveAspectRatio="none"
      shapeRendering="crispEdges"
      role="img"
      aria-label={props.text}
      data-code={props.kind}
      className={props.className}
    >
      <rect width={width} height={height} fill="#fff" />
      {dark.map(({ x, y, width: wide }) => (
        <rect key={`${String(x)}/${String(y)}`} x={x} y={y} width={wide} height={1} fill="#000" />
      ))}
    </svg>
  );
}
