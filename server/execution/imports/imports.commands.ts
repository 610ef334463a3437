import { createHash, randomUUID } from "node:crypto";
import type { Db } from "#db/client.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { canonicalJson } from "#server/core/audit.ts";
import type { Clock } from "#server/core/clock.ts";
import { type Command, type CommandContext, defineCommand } from "#server/core/command.ts";
import { type CsvCell, toCsv } from "#server/core/csv.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { billsImporter } from "./bills.commands.ts";
import type { Importer, Outcome, Stored } from "./importer.ts";
import {
  importAction,
  type ImportAnswer,
  type ImportFile,
  type ImportKind,
  importLimits,
  type ImportTrial,
  RunImport,
} from "./imports.contract.ts";
import { machinesImporter } from "./machines.commands.ts";
import { ordersImporter } from "./orders.commands.ts";
import { peopleImporter, type PinCheck } from "./people.commands.ts";
import { plantImporter } from "./plant.commands.ts";
import { productsImporter } from "./products.commands.ts";
import { reasonsImporter } from "./reasons.commands.ts";
import { routingsImporter } from "./routings.commands.ts";
import { headingOf } from "./rows.rules.ts";
import { shiftsImporter } from "./shifts.commands.ts";
import { skillsImporter } from "./skills.commands.ts";
import { stationsImporter } from "./stations.commands.ts";
import { readTable, type Table } from "./table.ts";
import { tagsImporter } from "./tags.commands.ts";
import { toolsImporter } from "./tools.commands.ts";

export interface Imports {
  readonly run: Command<RunImport, ImportAnswer>;
  /** Does the same as `run` in a transaction that is rolled back. @throws Refusal as `run` */
  attempt(deps: { db: Db; clock: Clock }, actor: Actor, file: ImportFile): Promise<ImportTrial>;
  /** The heading and one row as an example. */
  template(kind: ImportKind): string;
  /** A file of what the plant has, as `run` reads it. */
  fileOf(kind: ImportKind, rows: readonly Readonly<Record<string, CsvCell>>[]): string;
}

/** Files that a plant is set up from. @param pepper what goes into the hash of a PIN */
export function createImports(pepper: string, isPin: PinCheck): Imports {
  const importers: Readonly<Record<ImportKind, Importer>> = {
    plant: plantImporter,
    machines: machinesImporter,
    tags: tagsImporter,
    products: productsImporter,
    routings: routingsImporter,
    bills: billsImporter,
    tools: toolsImporter,
    shifts: shiftsImporter,
    reasons: reasonsImporter,
    people: peopleImporter(pepper, isPin),
    skills: skillsImporter,
    orders: ordersImporter,
    stations: stationsImporter,
  };

  const run = defineCommand<RunImport, ImportAnswer>({
    name: "import.run",
    input: RunImport,
    allow: ({ kind }) => ({ action: importAction[kind] }),
    // A file of people may hold PINs, and what can be guessed from a hash is not hashed.
    fingerprint: ({ data, ...rest }) => (rest.kind === "people" ? rest : { ...rest, data: sha256(data) }),
    run: async (context, { kind, sourceId, format, data, skipWrong }) => {
      const table = await readTable(format, data);
      const importer = importers[kind];
      const answer = answerOf(table, await importer.run(context, table, sourceId));
      if (answer.wrong > 0 && !skipWrong) {
        throw new Refusal("rows_wrong", { wrong: answer.wrong, rows: answer.rows });
      }
      const { problems: _problems, ...counts } = answer;
      context.audit({
        action: "import.run",
        objectType: "import",
        objectId: sourceId === undefined ? kind : `${kind}:${sourceId}`,
        after: { kind, ...counts, sha256: sha256(withoutSecrets(table, importer)) },
      });
      return answer;
    },
  });

  return {
    run,
    async attempt({ db, clock }, actor, { kind, format, data, sourceId }) {
      const refusal = whyNotAllowed(actor, importAction[kind]);
      if (refusal !== null) throw refusal;
      const table = await readTable(format, data);
      const importer = importers[kind];
      const now = clock.now();
      const stored = await rolledBack(db, (tx) =>
        // Nothing is recorded of what does not happen, so the lock of the record is not taken either.
        importer.run(
          { tx, now, actor, commandId: randomUUID(), audit: () => {}, publish: () => {} },
          table,
          sourceId,
        ),
      );
      return { ...answerOf(table, stored), ...wrongRows(table, stored, importer) };
    },
    template: (kind) =>
      toCsv(
        importers[kind].columns.map(({ name }) => name),
        [importers[kind].example],
      ),
    fileOf(kind, rows) {
      // A PIN is kept as a hash: there is nothing to write.
      const names = importers[kind].columns.filter(({ secret }) => secret !== true).map(({ name }) => name);
      return toCsv(
        names,
        rows.map((row) => names.map((name) => row[name])),
      );
    },
  };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function answerOf(table: Table, { outcomes, problems }: Stored): ImportAnswer {
  const count = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length;
  return {
    rows: table.rows.length,
    added: count("added"),
    changed: count("changed"),
    same: count("same"),
    wrong: new Set(problems.map(({ line }) => line)).size,
    problems: problems.toSorted((a, b) => a.line - b.line).slice(0, importLimits.problems),
  };
}

/** Cells without what stands in secret columns. */
function bare(table: Table, importer: Importer): (cells: readonly string[]) => string[] {
  const heading = headingOf(table.head, importer.columns);
  return (cells) => cells.map((cell, i) => (heading[i]?.secret === true ? "" : cell));
}

/** A file as it is named in the record: what is the same in it has the same hash, PINs or none. */
function withoutSecrets(table: Table, importer: Importer): string {
  const strip = bare(table, importer);
  return canonicalJson([table.head, ...table.rows.map(({ cells }) => strip(cells))]);
}

function wrongRows(table: Table, { problems }: Stored, importer: Importer) {
  const wrong = new Set(problems.map(({ line }) => line));
  const strip = bare(table, importer);
  return {
    head: [...table.head],
    mark: table.mark,
    wrongRows: table.rows
      .filter(({ line }) => wrong.has(line))
      .map(({ line, cells }) => ({ line, cells: strip(cells) })),
  };
}

/** Ends the transaction without storing it. */
class Enough extends Error {
  readonly stored: Stored;

  constructor(stored: Stored) {
    super("rolled back");
    this.stored = stored;
  }
}

async function rolledBack(db: Db, work: (tx: CommandContext["tx"]) => Promise<Stored>): Promise<Stored> {
  try {
    return await db.transaction(async (tx): Promise<never> => {
      throw new Enough(await work(tx));
    });
  } catch (error) {
    if (error instanceof Enough) return error.stored;
    throw error;
  }
}
