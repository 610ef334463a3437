import Link from "next/link";
import type { ReactNode } from "react";

/** Heading of a list with its two views, what is open and the record; the choice stands in the address. */
export function ShowTabs(props: {
  title: string;
  at: string;
  show: "open" | "all";
  words: { open: string; all: string };
}): ReactNode {
  const { title, at, show, words } = props;
  return (
    <div className="flex items-center justify-between gap-3">
      <h1 className="text-lg font-semibold">{title}</h1>
      <nav className="flex gap-1" aria-label={title}>
        {(["open", "all"] as const).map((one) => (
          <Link
            key={one}
            href={one === "open" ? at : `${at}?show=all`}
            prefetch={false}
            className="d-tab"
            {...(one === show ? { "aria-current": "page" as const } : {})}
          >
            {words[one]}
          </Link>
        ))}
      </nav>
    </div>
  );
}
