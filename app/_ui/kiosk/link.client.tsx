"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import type { KioskLook } from "./button.client.tsx";

/** A place to go, as big as a button. */
export function KioskLink(props: KioskLook & { href: string; current?: boolean; count?: number }): ReactNode {
  const { tone = "secondary", size = "primary", wide = false, glyph, count = 0 } = props;
  return (
    <Link
      href={props.href}
      prefetch={false}
      className={`k-button ${props.className ?? ""}`}
      data-tone={tone}
      data-size={size}
      data-wide={wide}
      {...(props.current === true ? { "aria-current": "page" as const } : {})}
    >
      {glyph}
      <span>
        {props.children}
        {count > 0 && <span className="ms-[0.4em] rounded-sm bg-ink px-[0.4em] text-surface">{count}</span>}
      </span>
    </Link>
  );
}
