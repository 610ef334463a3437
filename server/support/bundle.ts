import { readFile } from "node:fs/promises";
import { arch, cpus, freemem, platform, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import type { Db } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";
import { Environment } from "#server/core/config.ts";
import { factsOfDatabase, knownToDatabase } from "./database-facts.ts";
import { lastLines, secretsOfFolders, treeOf } from "./house-files.ts";
import { createScrubber, type Known, leftIn, scrubbed, secretMark, withoutSecrets } from "./scrub.rules.ts";

export interface BundleInput {
  /** Null = the database cannot be reached; without it nobody knows the people's names, so the logs stay out. */
  readonly db: Db | null;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The plant's own folder, of which names and sizes are told. */
  readonly houseDir: string;
  readonly logsDir: string;
  /** Folders whose every file is a secret, and single files that are. */
  readonly secretDirs: readonly string[];
  /** The health document as JSON, and the metrics; null = not answered. */
  health(): Promise<string | null>;
  metrics(): Promise<string | null>;
}

export interface Bundle {
  /** e.g. `millwright-support-20261123-023000.zip` */
  readonly name: string;
  readonly zip: Uint8Array;
}

const about = `What a helper far away needs to see what is wrong with a Millwright plant.

Taken out: passwords, tokens, keys, PINs, badges, and the names of people ([secret], [person]).
Not inside at all: readings, orders, lots, alarms, the audit, pictures, and whatever else the plant makes or knows.

versions.json   the program and the machine it runs on
config.json     the settings of the environment (see the README)
health.json     each part, its lag and its queues         metrics.txt   the same for Prometheus, and more
database.json   migrations, sizes of tables, settings, schedules, what failed
tree.txt        names and sizes of the files in the data folder
logs/           the last lines of each part
`;

/** Variables whose value is told; a URL loses the user in it. */
const told = [
  ...Object.keys(Environment.shape),
  "NODE_ENV",
  "BUILD_ID",
  "WEB_ORIGIN",
  "SERVER_URL",
  "TZ",
  "LANG",
];
const secretVariable = /pass|secret|token|key|credential|cookie|auth/i;

/** Everything as one zip. @throws Error when after all something that must not leave the plant would be inside */
export async function makeBundle(input: BundleInput): Promise<Bundle> {
  const { db, clock, env } = input;
  const known = await knownSecrets(input);
  const complete = known.people !== null;
  const all: Known = { secrets: known.secrets, people: known.people ?? [] };
  const scrub = createScrubber(all);
  const json = (value: unknown) => `${JSON.stringify(scrubbed(withoutSecrets(value), scrub), null, 2)}\n`;
  const files: Record<string, string> = {
    "about.txt": about,
    "versions.json": json(await versions(clock)),
    "config.json": json(configOf(env)),
    "health.json": json(await healthOf(input)),
    "metrics.txt": scrub((await input.metrics().catch(() => null)) ?? "The server does not answer.\n"),
    "tree.txt": scrub(await treeOf(input.houseDir)),
  };
  const facts =
    db === null ? null : await factsOfDatabase(db).catch((error: Error) => ({ failed: error.message }));
  files["database.json"] = facts === null ? "The database cannot be reached.\n" : json(facts);
  if (complete)
    for (const [part, text] of Object.entries(await lastLines(input.logsDir)))
      files[`logs/${part}.log`] = scrub(text);
  else
    files["logs/left-out.txt"] =
      "The database cannot be reached, so nobody knows which names to take out of the logs: they stay here.\n";
  for (const [name, text] of Object.entries(files)) {
    const left = leftIn(text, all);
    if (left.length > 0)
      throw new Error(`${name} would still hold ${left.length} things that must not leave the plant`);
  }
  const stamp = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)] as const);
  return { name: `millwright-support-${stamp}.zip`, zip: zipSync(Object.fromEntries(entries)) };
}

async function knownSecrets({
  db,
  env,
  secretDirs,
}: BundleInput): Promise<{ secrets: string[]; people: string[] | null }> {
  const fromDatabase = db === null ? null : await knownToDatabase(db).catch(() => null);
  const values = Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined || value === "") return [];
    const users = [...value.matchAll(/:\/\/([^/\s@]+)@/g)].flatMap((m) => (m[1] ?? "").split(":").slice(-1));
    const paths = /_(FILE|DIR|CERT)$|^TLS_|^SSH_AUTH_SOCK$/.test(name);
    return secretVariable.test(name) && !paths ? [value, ...users] : users;
  });
  const secrets = [...values, ...(await secretsOfFolders(secretDirs)), ...(fromDatabase?.secrets ?? [])];
  // Words of every text are no secrets, wherever they were found.
  const own = secrets.filter((one) => !/^(true|false|null|postgres|secret|password)$/i.test(one));
  return { secrets: [...new Set(own)], people: fromDatabase === null ? null : [...fromDatabase.people] };
}

/** @returns the health document, or one sentence */
async function healthOf({ health }: BundleInput): Promise<unknown> {
  const text = await health().catch(() => null);
  try {
    return JSON.parse(text ?? "");
  } catch {
    return "The server does not answer.";
  }
}

function configOf(env: BundleInput["env"]): Record<string, string> {
  return Object.fromEntries(
    told.flatMap((name) => {
      const value = env[name];
      if (value === undefined || value === "") return [];
      return [[name, value.replace(/(:\/\/)[^/\s@]+@/, `$1${secretMark}@`)]];
    }),
  );
}

async function versions(clock: Clock): Promise<object> {
  const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  return {
    millwright: version,
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    processors: cpus().length,
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    madeAt: new Date(clock.now()).toISOString(),
  };
}
