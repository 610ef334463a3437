import { CircleAlert, CircleCheck, CircleDashed, Clock, WifiOff } from "lucide-react";
import type { ReactNode } from "react";

export type NoticeKind = "empty" | "clear" | "error" | "stale" | "offline";

const glyphs = {
  empty: CircleDashed,
  clear: CircleCheck,
  error: CircleAlert,
  stale: Clock,
  offline: WifiOff,
};

/**
 * The designed states of a part of a screen: `empty` says why and what to do next, `clear` that nothing needs
 * you, `error` what failed and what still works, `stale` and `offline` since when. Sizes come from around it.
 */
export function Notice(props: {
  kind: NoticeKind;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Fills its place and stands in its middle; without it a line among others. */
  filling?: boolean;
}): ReactNode {
  const { kind, title, children, action, filling = false } = props;
  const Glyph = glyphs[kind];
  return (
    <div
      {...(kind === "error" ? { role: "alert" } : { "aria-live": "polite" as const })}
      data-notice={kind}
      className={`flex gap-[0.8em] ${
        filling
          ? "h-full min-h-[10em] flex-col items-center justify-center p-[2em] text-center"
          : "items-start py-[0.6em]"
      } ${kind === "stale" || kind === "offline" ? "hatched" : ""}`}
    >
      <Glyph
        className={`${filling ? "size-[2em]" : "mt-[0.1em] size-[1.2em]"} flex-none text-ink-2`}
        aria-hidden="true"
      />
      <div className="min-w-0">
        <p className="font-semibold">{title}</p>
        {children !== undefined && <div className="text-ink-2">{children}</div>}
        {action !== undefined && <div className="mt-[0.9em]">{action}</div>}
      </div>
    </div>
  );
}

/** Places of fixed size while the very first data is on its way, so that nothing jumps when it comes. */
export function Skeleton(props: { lines: number; label: string }): ReactNode {
  return (
    <div
      role="status"
      aria-busy="true"
      aria-label={props.label}
      className="flex flex-col gap-[0.7em] py-[0.4em]"
    >
      {Array.from({ length: props.lines }, (_, i) => (
        <div key={i} className={`h-[1em] rounded-sm bg-band ${i % 3 === 2 ? "w-1/2" : "w-full"}`} />
      ))}
    </div>
  );
}
