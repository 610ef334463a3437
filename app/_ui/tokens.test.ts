import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const css = readFileSync(join(import.meta.dirname, "..", "globals.css"), "utf8");

/** The colours of one block of globals.css, e.g. of `:root` or of the dark theme. */
function tokens(selector: string): Map<string, string> {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf("}", start));
  return new Map(
    [...block.matchAll(/--([a-z0-9-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1] ?? "", m[2] ?? ""]),
  );
}

/** Relative luminance of WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const light = tokens(":root");
const themes = [
  ["light", light],
  ["dark", new Map([...light, ...tokens('[data-theme="dark"]')])],
] as const;

test.each(themes)("text of the %s theme is readable on every ground it stands on", (_name, theme) => {
  const on = (ink: string, ground: string) => contrast(theme.get(ink) ?? "", theme.get(ground) ?? "");
  for (const ground of ["canvas", "surface", "raised"]) {
    expect(on("ink", ground), `ink on ${ground}`).toBeGreaterThanOrEqual(7);
    expect(on("ink-2", ground), `ink-2 on ${ground}`).toBeGreaterThanOrEqual(4.5);
    expect(on("stale", ground), `stale on ${ground}`).toBeGreaterThanOrEqual(4);
    expect(on("action", ground), `action on ${ground}`).toBeGreaterThanOrEqual(4.5);
    expect(on("line", ground), `line on ${ground}`).toBeGreaterThanOrEqual(3);
  }
  expect(on("ink", "band"), "ink on a normal band").toBeGreaterThanOrEqual(7);
});

test.each(themes)("the number in each alarm's shape is readable in the %s theme", (_name, theme) => {
  for (const priority of ["p1", "p2", "p3"])
    expect(
      contrast(theme.get(priority) ?? "", theme.get(`on-${priority}`) ?? ""),
      priority,
    ).toBeGreaterThanOrEqual(4.5);
});

test("the alarm of the second priority has an outline, because yellow alone is not seen on grey", () => {
  expect(contrast(light.get("p2") ?? "", light.get("surface") ?? "")).toBeLessThan(3);
  const mark = readFileSync(join(import.meta.dirname, "alarm-mark.tsx"), "utf8");
  expect(mark).toMatch(/fill="var\(--p2\)"\s+stroke="var\(--ink\)"/);
});
