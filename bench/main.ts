import { access } from "node:fs/promises";
import { parseArgs } from "node:util";

/** One line of output (design §9). `limit` and `ratio` where a limit is measured in the same run. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  readonly holds: boolean;
  readonly limit?: number;
  readonly ratio?: number;
  /** What was on. */
  readonly note?: string;
}

export interface BenchOptions {
  /** Length of the measured time, s. */
  readonly seconds: number;
}

type Bench = { readonly run: (print: (figure: Figure) => void, options: BenchOptions) => Promise<void> };

/** `npm run bench -- NAME [--seconds N]`: runs `bench/NAME.ts`, one JSON line per figure on standard output. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "20" } },
});
const [name = ""] = positionals;
const seconds = Number(values.seconds);
const file = new URL(`./${name}.ts`, import.meta.url);
const known =
  /^[a-z]+$/.test(name) &&
  !["main", "child", "percentile"].includes(name) &&
  (await access(file).then(
    () => true,
    () => false,
  ));
if (!known || !(seconds > 0)) {
  console.error("npm run bench -- NAME [--seconds N], where NAME is a file of bench/: ingest, live, start …");
  process.exit(2);
}
const bench = (await import(file.href)) as Bench;
await bench.run((figure) => console.log(JSON.stringify(figure)), { seconds });
