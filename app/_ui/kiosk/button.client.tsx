"use client";

import { type ReactNode, useRef } from "react";

export type KioskTone = "primary" | "secondary" | "quiet";
/** Heights on the glass: primary 20 mm, secondary 15 mm, small 12 mm, nothing smaller (ux §3.3). */
export type KioskSize = "primary" | "secondary" | "small";

/** What buttons and links of the kiosk look like. */
export interface KioskLook {
  readonly tone?: KioskTone;
  readonly size?: KioskSize;
  readonly wide?: boolean;
  readonly glyph?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A glove that bounces touches twice within this time, ms. */
const bounceMs = 300;

/**
 * A big button. One that cannot be pressed keeps its place and says why; it never hides. Acts when the finger
 * is lifted inside, so sliding off cancels.
 */
export function KioskButton(
  props: KioskLook & {
    onPress: () => void;
    /** Why it cannot be pressed now, as a sentence; null = it can. */
    why?: string | null;
    busy?: boolean;
    pressed?: boolean;
    label?: string;
    type?: "button" | "submit";
    /** A key of a pad: pressed twice on purpose, for a PIN has doubled digits and fingers are quick. */
    repeats?: boolean;
  },
): ReactNode {
  const {
    tone = "secondary",
    size = "primary",
    wide = false,
    glyph,
    why = null,
    busy = false,
    onPress,
  } = props;
  const last = useRef(-Infinity);
  const off = why !== null || busy;
  return (
    <button
      type={props.type ?? "button"}
      className={`k-button ${props.className ?? ""}`}
      data-tone={tone}
      data-size={size}
      data-wide={wide}
      data-pressed={props.pressed ?? false}
      aria-disabled={off}
      aria-busy={busy}
      {...(props.pressed === undefined ? {} : { "aria-pressed": props.pressed })}
      {...(props.label === undefined ? {} : { "aria-label": props.label })}
      onClick={(event) => {
        if (off) return event.preventDefault();
        if (props.repeats !== true && event.timeStamp - last.current < bounceMs) return undefined;
        last.current = event.timeStamp;
        return onPress();
      }}
    >
      {glyph}
      <span>{props.children}</span>
      {why !== null && <span className="why">{why}</span>}
    </button>
  );
}
