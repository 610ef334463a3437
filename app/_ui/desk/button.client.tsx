"use client";

import Link from "next/link";
import type { ReactNode } from "react";

interface Look {
  readonly tone?: "primary" | "secondary" | "quiet";
  readonly size?: "normal" | "small";
  readonly className?: string;
  readonly children: ReactNode;
}

/** A desk button. One that cannot be pressed stays, and its title and description say why. */
export function Button(
  props: Look & {
    onPress?: () => void;
    why?: string | null;
    busy?: boolean;
    type?: "button" | "submit";
    label?: string;
    pressed?: boolean;
  },
): ReactNode {
  const { tone = "secondary", size = "normal", why = null, busy = false } = props;
  const off = why !== null || busy;
  return (
    <button
      type={props.type ?? "button"}
      className={`d-button ${props.className ?? ""}`}
      data-tone={tone}
      data-size={size}
      aria-disabled={off}
      aria-busy={busy}
      {...(props.pressed === undefined ? {} : { "aria-pressed": props.pressed })}
      {...(props.label === undefined ? {} : { "aria-label": props.label })}
      {...(why === null ? {} : { title: why, "aria-description": why })}
      onClick={(event) => {
        if (off) event.preventDefault();
        else props.onPress?.();
      }}
    >
      {props.children}
    </button>
  );
}

export function ButtonLink(props: Look & { href: string; download?: boolean }): ReactNode {
  const { tone = "secondary", size = "normal" } = props;
  return (
    <Link
      href={props.href}
      prefetch={false}
      className={`d-button ${props.className ?? ""}`}
      data-tone={tone}
      data-size={size}
      {...(props.download === true ? { download: true } : {})}
    >
      {props.children}
    </Link>
  );
}
