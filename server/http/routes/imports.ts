import { z } from "zod";
import { can, whyNotAllowed } from "#server/core/access.rules.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { rowIdInPath } from "#server/core/number.contract.ts";
import { createImports } from "#server/execution/imports/imports.commands.ts";
import {
  CsvFile,
  importAction,
  ImportAnswer,
  importBytes,
  ImportFile,
  ImportKind,
  ImportTrial,
  RunImport,
} from "#server/execution/imports/imports.contract.ts";
import { currentRows } from "#server/execution/imports/imports.queries.ts";
import { verifyPin } from "#server/execution/people/passwords.ts";
import { maxBodyBytes } from "../body.ts";
import { askRoute, commandRoute, queryRoute, type Routes } from "../route.ts";

const Kind = z.object({ kind: ImportKind });

/** Who may not bring in anything sends no more than anybody else. */
function maxBytes(actor: Actor): number {
  return Object.values(importAction).some((action) => can(actor, action)) ? importBytes : maxBodyBytes;
}

/** Records from files and as files. @param pepper what goes into the hash of a PIN */
export function importsRoutes(pepper: string): Routes {
  const imports = createImports(pepper, (stored, pin) => verifyPin(stored, pin, pepper));
  return (api) => {
    askRoute(api, {
      path: "/imports/try",
      action: "office.look",
      body: ImportFile,
      maxBytes,
      response: ImportTrial,
      summary: "What a file would add and change, and which rows are wrong; nothing is stored",
      run: ({ db, clock, actor, input }) => imports.attempt({ db, clock }, actor, input),
    });
    commandRoute(api, {
      path: "/imports",
      command: imports.run,
      body: RunImport,
      maxBytes,
      response: ImportAnswer,
      summary: "Store what stands in a file: all rows or none, or the good ones",
    });
    queryRoute(api, {
      path: "/imports/:kind/current",
      params: Kind,
      query: z.object({ source: rowIdInPath().optional() }),
      action: "office.look",
      response: CsvFile,
      summary: "What the plant has of a kind, as a file that can be read in again",
      run: async ({ db, clock, actor, input: { kind, source } }) => {
        const refusal = whyNotAllowed(actor, importAction[kind]);
        if (refusal !== null) throw refusal;
        const rows = await currentRows(db, kind, clock.now(), source);
        return { name: `${kind}.csv`, csv: imports.fileOf(kind, rows) };
      },
    });
    queryRoute(api, {
      path: "/imports/:kind/template",
      params: Kind,
      action: "office.look",
      response: CsvFile,
      summary: "The heading of a kind's file with one row as an example",
      run: ({ input: { kind } }) =>
        Promise.resolve({ name: `${kind}-template.csv`, csv: imports.template(kind) }),
    });
  };
}
