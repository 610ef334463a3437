import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";

interface Around {
  readonly label: string;
  readonly hint?: string;
  /** What is wrong with it, as a sentence; shown under it and read aloud. */
  readonly problem?: string | undefined;
}

function ids(id: string, { hint, problem }: Around) {
  const described = [
    problem === undefined ? null : `${id}-problem`,
    hint === undefined ? null : `${id}-hint`,
  ].filter((x) => x !== null);
  return {
    id,
    "aria-invalid": problem !== undefined,
    ...(described.length === 0 ? {} : { "aria-describedby": described.join(" ") }),
  };
}

function Frame(props: Around & { id: string; children: ReactNode }): ReactNode {
  const { id, label, hint, problem, children } = props;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-semibold">
        {label}
      </label>
      {children}
      {problem !== undefined && (
        <p id={`${id}-problem`} role="alert" className="text-sm font-semibold">
          {problem}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-sm text-ink-2">
          {hint}
        </p>
      )}
    </div>
  );
}

/** A labelled input; spreads what react-hook-form's `register` gives. */
export function TextField(
  props: Around & InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> },
): ReactNode {
  const { label, hint, problem, className, ...input } = props;
  const id = useId();
  const around = { label, ...(hint === undefined ? {} : { hint }), problem };
  return (
    <Frame id={id} {...around}>
      <input className={`d-input ${className ?? ""}`} {...ids(id, around)} {...input} />
    </Frame>
  );
}

export function TextArea(
  props: Around & TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> },
): ReactNode {
  const { label, hint, problem, className, ...input } = props;
  const id = useId();
  const around = { label, ...(hint === undefined ? {} : { hint }), problem };
  return (
    <Frame id={id} {...around}>
      <textarea rows={3} className={`d-input ${className ?? ""}`} {...ids(id, around)} {...input} />
    </Frame>
  );
}

/** The browser's own select: works with every keyboard, reader and phone. */
export function SelectField(
  props: Around &
    SelectHTMLAttributes<HTMLSelectElement> & {
      ref?: Ref<HTMLSelectElement>;
      options: readonly { readonly value: string; readonly label: string }[];
    },
): ReactNode {
  const { label, hint, problem, className, options, ...input } = props;
  const id = useId();
  const around = { label, ...(hint === undefined ? {} : { hint }), problem };
  return (
    <Frame id={id} {...around}>
      <select className={`d-input ${className ?? ""}`} {...ids(id, around)} {...input}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Frame>
  );
}
