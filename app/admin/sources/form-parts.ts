/** One setting of a driver as a person fills it in; all are text until the config is made. */
export interface FieldSpec {
  readonly key: string;
  readonly kind: "text" | "number" | "choice" | "flag" | "secret";
  readonly options?: readonly string[];
  readonly required?: boolean;
  /** What stands there where nothing was said. */
  readonly usual?: string;
  /** A technical example, the same in every language. */
  readonly example?: string;
}

export type FormValues = Readonly<Record<string, string>>;
export type Config = Readonly<Record<string, unknown>>;

/** How the settings of one driver are filled in: single fields, and rows where there are many of a kind. */
export interface DriverForm {
  readonly fields: readonly FieldSpec[];
  readonly rows: readonly FieldSpec[] | null;
  /** Fields that stand deeper in the config: what they say, and the settings they make (undefined = taken away). */
  readonly deep?: {
    read(config: Config): FormValues;
    write(fields: FormValues, before: Config): Readonly<Record<string, unknown>>;
  };
  /** What a row of an existing config says. */
  readRows(config: Config): FormValues[];
  /** The part of the config that rows make. */
  writeRows(rows: readonly FormValues[]): Config;
}

export const text = (key: string, more: Partial<FieldSpec> = {}): FieldSpec => ({
  key,
  kind: "text",
  ...more,
});
export const number = (key: string, usual: string, more: Partial<FieldSpec> = {}): FieldSpec => ({
  key,
  kind: "number",
  usual,
  ...more,
});
export const choice = (
  key: string,
  options: readonly string[],
  more: Partial<FieldSpec> = {},
): FieldSpec => ({
  key,
  kind: "choice",
  options,
  usual: options[0] ?? "",
  ...more,
});

export const filled = (text: string | undefined): boolean => text !== undefined && text.trim() !== "";
export const list = (value: unknown): Config[] => (Array.isArray(value) ? (value as Config[]) : []);

export function said(value: unknown, otherwise = ""): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : otherwise;
}
