import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const tierOrder = ["device", "edge", "execution", "enterprise"];

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : walk(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean; readonly text: string }[];
}

function resolveImport(from: string, specifier: string): string {
  const alias = /^#(server|db|app|messages)\/(.*)$/.exec(specifier);
  if (alias !== null) return `${alias[1] ?? ""}/${alias[2] ?? ""}`;
  if (specifier.startsWith(".")) return relative(root, resolve(root, dirname(from), specifier));
  return `npm:${specifier}`;
}

/** `{ type A, type B }` ships nothing either. */
function onlyTypes(names: string): boolean {
  const inner = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  if (inner === undefined) return false;
  return inner
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
    .every((name) => name.startsWith("type "));
}

const sources: Source[] = ["app", "server", "db", "bench", "chaos", "e2e"]
  .flatMap((folder) => walk(join(root, folder)))
  .map((absolute) => {
    const path = relative(root, absolute);
    const text = readFileSync(absolute, "utf8");
    const imports = [
      ...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:([^"';]*?)\sfrom\s+)?"([^"]+)";?/gm),
    ].map((m) => ({
      target: resolveImport(path, m[3] ?? ""),
      typeOnly: m[1] !== undefined || onlyTypes(m[2] ?? ""),
      text: m[3] ?? "",
    }));
    return { path, text, imports };
  });

const isTest = (path: string) =>
  /\.(test|e2e)\.tsx?$/.test(path) || /(^|[/-])testing(-[a-z-]+)?\.ts$/.test(path) || path.startsWith("e2e/");
const product = sources.filter((s) => !isTest(s.path));
const tierOf = (path: string) => /^server\/(device|edge|execution|enterprise)\//.exec(path)?.[1];
const featureOf = (path: string) => /^server\/(?:execution|enterprise)\/([^/]+)\//.exec(path)?.[1];
const roleOf = (path: string) =>
  /\.(contract|rules|queries|commands|reactions|schedules|facts|client)\.tsx?$/.exec(path)?.[1];

function offenders(check: (source: Source) => string[]): string[] {
  return product.flatMap((source) => check(source).map((why) => `${source.path}: ${why}`));
}

test("a tier imports its own tier or a lower one, never a higher one", () => {
  const found = offenders((source) => {
    const tier = tierOf(source.path);
    if (tier === undefined) return [];
    const own = tierOrder.indexOf(tier);
    return source.imports
      .filter(({ target }) => {
        const other = tierOf(target);
        return other !== undefined && tierOrder.indexOf(other) > own;
      })
      .map(({ text }) => `imports the higher tier ${text}`);
  });
  expect(found).toEqual([]);
});

test("core and db know no tier, and no tier knows what stands above all", () => {
  const above = /^(app|server\/(demo|http|realtime|launcher)\/|server\/(main|start)\.ts)/;
  const found = offenders((source) => {
    const below = /^(server\/core|db)\//.test(source.path);
    const tier = tierOf(source.path) !== undefined;
    return source.imports
      .filter(({ target }) => {
        if (below && (tierOf(target) !== undefined || above.test(target))) return true;
        if (tier && above.test(target)) return true;
        return false;
      })
      .map(({ text }) => `imports ${text}`);
  });
  expect(found).toEqual([]);
});

test("features of one tier see each other only through contract, rules, facts and queries", () => {
  const open = /\.(contract|rules|queries|facts)\.ts$/;
  // What every feature of a tier stands on: the consumers' frame, the edge link, the caches.
  const shared =
    /^server\/execution\/(ingest\/(consumer|range-worker|edge-link|lanes)|live\/.*|tags\/tag-registry|consumers)\.ts$/;
  // A seed composes features on purpose; so does the list of consumers.
  const composes = /(^server\/execution\/consumers\.ts|\/seed\.ts|\/seed-[a-z-]+\.ts)$/;
  const found = offenders((source) => {
    const feature = featureOf(source.path);
    const tier = tierOf(source.path);
    if (feature === undefined || composes.test(source.path)) return [];
    return source.imports
      .filter(({ target }) => {
        const other = featureOf(target);
        if (other === undefined || other === feature || tierOf(target) !== tier) return false;
        // A command may call another feature's command: one intent, one transaction.
        if (/\.commands\.ts$/.test(target) && /\.(commands|reactions|schedules)\.ts$/.test(source.path))
          return false;
        return !open.test(target) && !shared.test(target);
      })
      .map(({ text }) => `reaches into another feature: ${text}`);
  });
  expect(found).toEqual([]);
});

test("each file role imports only what its role may", () => {
  const may: Record<string, RegExp> = {
    contract: /(^npm:(zod|@hono\/zod-openapi)|\.contract\.ts)$/,
    rules: /(\.contract|\.rules)\.ts$|^npm:temporal-polyfill$/,
    facts: /(^npm:zod|\.contract\.ts|server\/core\/facts\.ts)$/,
  };
  const found = offenders((source) => {
    const allowed = may[roleOf(source.path) ?? ""];
    if (allowed === undefined) return [];
    return source.imports
      .filter(({ target, typeOnly }) => !allowed.test(target) && !typeOnly)
      .map(({ text }) => `may not import ${text}`);
  });
  expect(found).toEqual([]);
});

test("app imports contracts, rules and, on the server side, queries", () => {
  const found = offenders((source) => {
    if (!source.path.startsWith("app/")) return [];
    const client = roleOf(source.path) === "client";
    return source.imports
      .filter(({ target, typeOnly }) => {
        if (!/^(server|db)\//.test(target)) return false;
        if (/\.(contract|rules)\.ts$/.test(target))
          return client && !typeOnly && /\.contract\.ts$/.test(target) && contractNeedsZod(target);
        if (client) return true;
        return !/\.queries\.ts$/.test(target) && !source.path.startsWith("app/_lib/server/");
      })
      .map(({ text, typeOnly }) => `may not import ${text}${typeOnly ? " (type)" : ""}`);
  });
  expect(found).toEqual([]);
});

/** Browser code takes the types of a contract; a value import would ship zod to the tablet. */
function contractNeedsZod(target: string): boolean {
  return (
    sources.find((s) => s.path === target)?.imports.some((i) => i.target === "npm:zod" && !i.typeOnly) ??
    false
  );
}

test('"use client" stands in .client files and nowhere else', () => {
  const found = offenders((source) => {
    const says = /^\s*["']use client["']/.test(source.text);
    const named = roleOf(source.path) === "client";
    // Next demands its own name for the error page, which must be a client component.
    if (/^app\/.*(error)\.tsx$/.test(source.path)) return [];
    return says === named ? [] : [says ? 'has "use client" but is not named .client' : 'lacks "use client"'];
  });
  expect(found).toEqual([]);
});

test("time comes from the clock: Date.now() and new Date() stand in core/clock.ts only", () => {
  const found = offenders((source) => {
    if (!source.path.startsWith("server/") && !source.path.startsWith("db/")) return [];
    if (source.path === "server/core/clock.ts" || source.path.startsWith("server/launcher/")) return [];
    return [...source.text.matchAll(/Date\.now\(\)|new Date\(\)/g)].map((m) => `uses ${m[0]}`);
  });
  expect(found).toEqual([]);
});

test("one library, one place: sockets in realtime, ingest, device, edge, door; Recharts in _ui; uPlot in _ui", () => {
  const places: Record<string, RegExp> = {
    "npm:socket.io": /^(server\/(realtime|http|edge|device\/socketio|execution\/ingest|launcher)|bench)\//,
    "npm:socket.io-client":
      /^(app\/_live|server\/realtime\/testing\.ts|server\/(edge|device\/socketio|device\/simulator)|bench|chaos)\//,
    "npm:recharts": /^app\/_ui\//,
    "npm:uplot": /^app\/_ui\//,
    "npm:postgres": /^(db|server\/launcher|bench)\//,
  };
  const found = offenders((source) =>
    source.imports
      .filter(
        ({ target, typeOnly }) =>
          !typeOnly && places[target] !== undefined && !places[target].test(source.path),
      )
      .map(({ text }) => `imports ${text}`),
  );
  expect(found).toEqual([]);
});

test("files are named subject.role.ts in kebab-case, and there is no barrel", () => {
  const found = offenders((source) => {
    const name = basename(source.path);
    const why: string[] = [];
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+(-[a-z]+)*)*\.tsx?$/.test(name)) why.push("is not kebab-case");
    if (/^index\.tsx?$/.test(name)) why.push("is a barrel");
    return why;
  });
  expect(found).toEqual([]);
});

test("each .rules.ts has its .rules.test.ts beside it", () => {
  const paths = new Set(sources.map((s) => s.path));
  const lonely = product
    .filter((s) => s.path.endsWith(".rules.ts"))
    .filter((s) => !paths.has(s.path.replace(/\.ts$/, ".test.ts")))
    .map((s) => s.path);
  expect(lonely).toEqual([]);
});

test("the top level keeps its names", () => {
  for (const name of ["package.json", "next.config.ts", "app", "server", "db", "public", "e2e"]) {
    expect(statSync(join(root, name), { throwIfNoEntry: false }), name).toBeDefined();
  }
});

test("no Server Actions and no router.refresh()", () => {
  const found = offenders((source) => {
    if (!source.path.startsWith("app/")) return [];
    const why: string[] = [];
    if (/^\s*["']use server["']/m.test(source.text)) why.push("is a Server Action");
    if (/router\.refresh\(/.test(source.text)) why.push("calls router.refresh()");
    if (/dangerouslySetInnerHTML/.test(source.text)) why.push("sets inner HTML");
    return why;
  });
  expect(found).toEqual([]);
});
