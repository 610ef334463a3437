import type { ReactNode } from "react";

export type Priority = 1 | 2 | 3 | 4;

/** Filled diamond 1, triangle 2, disc 3, ring 4: the shape and the number say what the colour says (ux §3.1). */
export function AlarmMark(props: { priority: Priority; beats?: boolean; label?: string }): ReactNode {
  const { priority, beats = false, label } = props;
  return (
    <span
      className={`alarm-mark ${beats ? "beats" : ""}`}
      {...(label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label })}
      data-priority={priority}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        {shapes[priority]}
      </svg>
      <span className={ink[priority]}>{priority}</span>
    </span>
  );
}

const ink: Record<Priority, string> = {
  1: "text-on-p1",
  2: "text-on-p2 pt-[0.35em]",
  3: "text-on-p3",
  4: "text-ink",
};

const shapes: Record<Priority, ReactNode> = {
  1: <path d="M12 0.5L23.5 12 12 23.5 0.5 12z" fill="var(--p1)" />,
  2: <path d="M12 1.5L23.5 22.5H0.5z" fill="var(--p2)" stroke="var(--ink)" strokeWidth="1.4" />,
  3: <circle cx="12" cy="12" r="11" fill="var(--p3)" />,
  4: <circle cx="12" cy="12" r="10" fill="none" stroke="var(--line)" strokeWidth="2" />,
};
