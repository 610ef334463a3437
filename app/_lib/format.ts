import { isolate } from "./i18n/isolate.ts";

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${locale}${JSON.stringify(options)}`;
  let format = cache.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, options);
    cache.set(key, format);
  }
  return format as Intl.NumberFormat;
}

function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${locale}${JSON.stringify(options)}`;
  let format = cache.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, options);
    cache.set(key, format);
  }
  return format as Intl.DateTimeFormat;
}

/** A number with a fixed count of decimals, so that digits stand still while they change. */
export function formatNumber(locale: string, value: number, decimals = 0): string {
  const text = numberFormat(locale, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(value);
  return text.replace("-", "−");
}

/** The same with its sign always shown: a gap, a correction. */
export function formatSigned(locale: string, value: number, decimals = 0): string {
  const text = formatNumber(locale, Math.abs(value), decimals);
  if (Number(value.toFixed(decimals)) === 0) return `±${text}`;
  return `${value > 0 ? "+" : "−"}${text}`;
}

/** A share 0..1 as a percentage. */
export function formatShare(locale: string, share: number, decimals = 1): string {
  return numberFormat(locale, {
    style: "percent",
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(share);
}

/** `1:12:33`, or `12:33` under an hour: a time that runs on the screen. */
export function formatRunning(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return hours > 0 ? `${String(hours)}:${rest}` : rest;
}

function unit(locale: string, value: number, name: "second" | "minute" | "hour" | "day"): string {
  // Narrow where the language's short form is a word that takes a plural s: "42 s", not "42 secs".
  const text = numberFormat(locale, { style: "unit", unit: name, unitDisplay: "narrow" }).formatToParts(
    value,
  );
  return text
    .map((part) => (part.type === "unit" ? ` ${unitSigns[locale]?.[name] ?? part.value}` : part.value))
    .join("")
    .replaceAll(/\s+/g, " ");
}

/** Signs of the International System where CLDR's narrow form is ambiguous ("m" is a metre). */
const unitSigns: Record<string, Record<"second" | "minute" | "hour" | "day", string>> = {
  "en-GB": { second: "s", minute: "min", hour: "h", day: "d" },
  es: { second: "s", minute: "min", hour: "h", day: "d" },
  de: { second: "s", minute: "min", hour: "h", day: "d" },
};

/** A length of time in at most two parts: `42 s`, `12 min`, `3 h 5 min`, `2 d`. */
export function formatSpan(locale: string, ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return unit(locale, seconds, "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return unit(locale, minutes, "minute");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) {
    const rest = minutes % 60;
    return rest === 0
      ? unit(locale, hours, "hour")
      : `${unit(locale, hours, "hour")} ${unit(locale, rest, "minute")}`;
  }
  return unit(locale, Math.round(hours / 24), "day");
}

/** A short time as exact as it is set: `1.5 s`. */
export function formatSeconds(locale: string, ms: number): string {
  return unit(locale, ms / 1000, "second");
}

/** Hours and minutes on the plant's clock. */
export function formatClock(locale: string, timeZone: string, at: number, seconds = false): string {
  return dateFormat(locale, {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  }).format(at);
}

/**
 * From one to another, `06:00–14:00`, `22 Nov, 06:00 – 22 Nov, 14:00`; isolated (Unicode UAX #9), because between two
 * numbers a language that runs from right to left would put the dash, and with it the end, before the beginning.
 */
export function formatRange(from: string, to: string): string {
  const dash = /[\s-]/.test(from) ? " – " : "–";
  return isolate(`${from}${dash}${to}`);
}

/** The plant's zone as people write it, `CET`. */
export function formatZone(locale: string, timeZone: string, at: number): string {
  // Arabic has only "GMT+1" spelled out; the sign on the wall of the plant says CET.
  const known = locale.startsWith("ar") ? "en-GB" : locale;
  const parts = dateFormat(known, { timeZone, timeZoneName: "short" }).formatToParts(at);
  return parts.find((p) => p.type === "timeZoneName")?.value ?? timeZone;
}

/** Day and time on the plant's calendar, `22 Nov, 14:02`. */
export function formatDayTime(locale: string, timeZone: string, at: number, seconds = false): string {
  return dateFormat(locale, {
    timeZone,
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  }).format(at);
}

/** A size in bytes as B, kB, MB or GB (powers of 1000), with one decimal from kB on. */
export function formatBytes(locale: string, bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let at = 0;
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return `${formatNumber(locale, value, at === 0 ? 0 : 1)} ${units[at] ?? ""}`;
}

/** A weekday by its ISO number, 1 = Monday. */
export function formatWeekday(locale: string, weekday: number, style: "long" | "short" = "long"): string {
  // 2024-01-01 was a Monday.
  return dateFormat(locale, { weekday: style, timeZone: "UTC" }).format(Date.UTC(2024, 0, weekday));
}

/** A local date, `YYYY-MM-DD`, in words: `Fri 27 Nov`. */
export function formatDay(locale: string, day: string, weekday: "long" | "short" | "none" = "short"): string {
  const options = { day: "numeric", month: "short", ...(weekday === "none" ? {} : { weekday }) } as const;
  return dateFormat(locale, { ...options, timeZone: "UTC" }).format(Date.parse(day));
}
