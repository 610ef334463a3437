import type { ReactNode } from "react";

/** One concern of the house: its name, one word on how it is, and what there is to see and do. */
export function Section(props: {
  title: string;
  state?: string;
  strong?: boolean;
  children: ReactNode;
}): ReactNode {
  return (
    <section className="rounded-md border border-hairline bg-raised p-4">
      <h2 className="flex flex-wrap items-center justify-between gap-2 pb-2 text-base font-semibold">
        {props.title}
        {props.state !== undefined && (
          <span className="d-chip" data-strong={props.strong === true}>
            {props.state}
          </span>
        )}
      </h2>
      {props.children}
    </section>
  );
}
